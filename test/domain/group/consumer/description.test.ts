import { expect, test } from 'vitest';
import { BrokerError } from '../../../../src/domain/model/error.ts';
import { ConsumerScript } from './consumer-script.ts';

test('a group is described with what its members have and are to have', () => {
  const script = new ConsumerScript();
  const { world } = script;
  const steps = ['topic orders 2', 'topic stock 1', 'a join orders,stock static=i rack=r'];
  for (const step of [...steps, 'b join regex=ord.* assignor=range']) script.say(step);
  const described = world.groups.describe('g', world.environment());
  const common = { clientId: 'client', clientHost: '/127.0.0.1', memberType: 'consumer' };
  const orders = { topicId: world.idOf('orders'), topic: 'orders' };
  const stock = { topicId: world.idOf('stock'), topic: 'stock', partitions: [0] };
  expect(described).toEqual({
    ...{ groupId: 'g', state: 'Reconciling', epoch: 2, assignmentEpoch: 2, assignor: 'range' },
    members: [
      {
        ...{ ...common, memberId: 'a', memberEpoch: 1, instanceId: 'i', rackId: 'r' },
        ...{ subscribedTopics: ['orders', 'stock'], subscribedRegex: null },
        assignment: [{ ...orders, partitions: [0, 1] }, stock],
        targetAssignment: [{ ...orders, partitions: [0] }, stock],
      },
      {
        ...{ ...common, memberId: 'b', memberEpoch: 2, instanceId: null, rackId: null },
        ...{ subscribedTopics: [], subscribedRegex: 'ord.*' },
        assignment: [],
        targetAssignment: [{ ...orders, partitions: [1] }],
      },
    ],
  });
});

test('topics that are gone are left out, and a group that is not there is not found', () => {
  const script = new ConsumerScript();
  const { world } = script;
  for (const step of ['topic orders 2', 'a join orders', 'drop orders']) script.say(step);
  const [member] = world.groups.describe('g', world.environment()).members;
  expect(member).toMatchObject({ assignment: [], targetAssignment: [] });
  expect(() => world.groups.describe('h', world.environment())).toThrow(BrokerError);
});
