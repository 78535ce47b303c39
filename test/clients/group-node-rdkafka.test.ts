import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { describeClient } from './support/describe-client.ts';
import { groupSuite, type JoinGroup } from './support/group-suite.ts';
import { memberProcess } from './support/member-process.ts';
import { rdkafkaAbsence } from './support/rdkafka.ts';

const MEMBER = fileURLToPath(new URL('./support/rdkafka-member.ts', import.meta.url));

const joining =
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

describeClient('groups of node-rdkafka', rdkafkaAbsence(), storage => {
  describe('eager', () => groupSuite(storage, joining('range,roundrobin')));
  describe('cooperative', () => groupSuite(storage, joining('cooperative-sticky')));
});
