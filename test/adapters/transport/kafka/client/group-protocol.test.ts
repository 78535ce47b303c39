import { expect, test } from 'vitest';
import {
  rangeAssignments,
  subscriptionTo,
} from '../../../../../src/adapters/transport/kafka/client/group-protocol.ts';
import { KafkaConsumerProtocol } from '../../../../../src/adapters/transport/kafka/records/consumer-protocol.ts';

const protocol = new KafkaConsumerProtocol();

function topic(name: string, count: number) {
  const partitions = Array.from({ length: count }, (_, partition) => ({
    ...{ partition, leader: 1 },
    ...{ replicas: [1], isr: [1] },
  }));
  return { name, topicId: '', internal: false, partitions };
}

function shares(members: Record<string, Buffer>, ...topics: ReturnType<typeof topic>[]) {
  const subscribers = Object.entries(members).map(([memberId, metadata]) => ({
    memberId,
    metadata,
  }));
  return Object.fromEntries(
    rangeAssignments(subscribers, topics).map(({ memberId, assignment }) => {
      const { assignedPartitions } = protocol.readAssignment(assignment)!;
      return [memberId, assignedPartitions.map(one => `${one.topic} ${one.partitions.join()}`)];
    }),
  );
}

test('the leader gives each member a range of the topics that it asks for', () => {
  const members = { b: subscriptionTo('t'), a: subscriptionTo('t'), c: subscriptionTo('u') };
  expect(shares(members, topic('t', 5), topic('u', 1), topic('v', 1))).toEqual({
    ...{ a: ['t 0,1,2'], b: ['t 3,4'] },
    c: ['u 0'],
  });
});

test('who asks for a topic that is not there, or says what cannot be read, gets nothing', () => {
  const members = { a: subscriptionTo('gone'), b: Buffer.of(1), c: subscriptionTo('t') };
  expect(shares(members, topic('t', 2))).toEqual({ a: [], b: [], c: ['t 0,1'] });
});

test('more members than partitions: the last ones have none', () => {
  const members = { a: subscriptionTo('t'), b: subscriptionTo('t') };
  expect(shares(members, topic('t', 1))).toEqual({ a: ['t 0'], b: [] });
});
