import { fileURLToPath } from 'node:url';
import type { JoinGroup } from './group-suite.ts';
import { memberProcess } from './member-process.ts';

const MEMBER = fileURLToPath(new URL('./rdkafka-member.ts', import.meta.url));

/** A member by the classic protocol. */
export const joiningByRdkafka =
  (strategy: string): JoinGroup =>
  async (bootstrap, groupId, topic) => {
    const config = {
      ...{ 'metadata.broker.list': bootstrap, 'broker.address.family': 'v4' },
      ...{ 'group.id': groupId, 'partition.assignment.strategy': strategy },
      ...{ 'heartbeat.interval.ms': 100, 'session.timeout.ms': 6000, 'fetch.wait.max.ms': 100 },
      ...{ 'enable.auto.commit': true, 'auto.commit.interval.ms': 100 },
    };
    const args = ['--import', 'tsx', MEMBER, JSON.stringify(config), topic];
    return memberProcess(process.execPath, args, 'end of input');
  };

/** The broker says how often members heartbeat, and clients follow. */
export const QUICK = {
  'group.consumer.min.heartbeat.interval.ms': 100,
  'group.consumer.heartbeat.interval.ms': 100,
  'group.consumer.min.session.timeout.ms': 6000,
  'group.consumer.session.timeout.ms': 6000,
};

export const joinByConsumerProtocol: JoinGroup = async (bootstrap, groupId, topic) => {
  const config = {
    ...{ 'metadata.broker.list': bootstrap, 'broker.address.family': 'v4' },
    ...{ 'group.id': groupId, 'group.protocol': 'consumer', 'fetch.wait.max.ms': 100 },
    ...{ 'enable.auto.commit': true, 'auto.commit.interval.ms': 100 },
  };
  const args = ['--import', 'tsx', MEMBER, JSON.stringify(config), topic];
  return memberProcess(process.execPath, args, 'end of input');
};
