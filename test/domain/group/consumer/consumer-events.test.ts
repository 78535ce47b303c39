import { describe, expect, test } from 'vitest';
import { ConsumerGroup } from '../../../../src/domain/model/group/consumer/consumer-group.ts';
import { ConsumerGroups } from '../../../../src/domain/model/group/consumer/consumer-groups.ts';
import { timerKey, timerOf } from '../../../../src/domain/model/group/consumer/decision.ts';
import { metadataHash } from '../../../../src/domain/model/group/consumer/metadata-hash.ts';
import type { ConsumerGroupEvent } from '../../../../src/domain/model/group/group-events.ts';
import { textTable } from '../../../support/text-table.ts';
import { ConsumerScript } from './consumer-script.ts';
import { ConsumerWorld } from './consumer-world.ts';

/** The events of a step, as far as they tell whose they are. */
function wordsOf(events: readonly ConsumerGroupEvent[]): string[] {
  return events.map(event => {
    const member = 'memberId' in event ? ` ${event.memberId}` : '';
    return `${event.type.replace('consumer-', '')}${member}`;
  });
}

describe('the log has', () => {
  test.each(
    textTable(`
      a join orders | member-stored a, group-stored, target-assignment-stored a, target-epoch-stored, current-assignment-stored a
      a beat                     |
      a beat rack=r              | member-stored a
      a beat assignor=range      | member-stored a
      a beat topics=orders,stock | member-stored a, group-stored, target-assignment-stored a, target-epoch-stored, current-assignment-stored a
      a beat regex=x             | member-stored a, regex-stored, group-stored, target-epoch-stored, current-assignment-stored a
      a beat regex=              | member-stored a, regex-deleted, group-stored, target-epoch-stored, current-assignment-stored a
      b join orders              | member-stored b, group-stored, target-assignment-stored a, target-assignment-stored b, target-epoch-stored, current-assignment-stored b
      b leave                    | current-assignment-deleted b, target-assignment-deleted b, member-deleted b, group-stored
      a join orders,stock static=i | member-stored a, target-assignment-stored a, target-epoch-stored, current-assignment-stored a
      a pause static=i           | current-assignment-stored a
      c join orders,stock static=i | current-assignment-deleted a, target-assignment-deleted a, member-deleted a, member-stored c, target-assignment-stored c, current-assignment-stored c, current-assignment-stored c
      c leave                    | current-assignment-deleted c, target-assignment-deleted c, member-deleted c, group-stored
      delete                     | target-epoch-deleted, group-deleted
    `).map((row, index, rows) => [rows.slice(0, index), row] as const),
  )('after %#', (before, [step, events]) => {
    const script = new ConsumerScript();
    script.say('topic orders 2');
    script.say('topic stock 2');
    for (const [earlier] of before) script.say(earlier!);
    const from = script.world.log.length;
    script.say(step!);
    expect(wordsOf(script.world.log.slice(from)).join(', ')).toBe(events);
  });
});

describe('a replay', () => {
  const assigned = (memberId: string, partitions: readonly number[]): ConsumerGroupEvent => ({
    type: 'consumer-current-assignment-stored',
    groupId: 'g',
    memberId,
    memberEpoch: 1,
    previousMemberEpoch: 0,
    state: 'stable',
    assigned: [{ topicId: 'T', partitions, assignmentEpochs: null }],
    pendingRevocation: [],
  });

  test('gives a partition to the later owner, when the record of the first giving it up is gone', () => {
    const group = new ConsumerGroup('g');
    group.apply(assigned('a', [0, 1]));
    group.apply(assigned('b', [1]));
    group.apply(assigned('a', [0]));
    expect([0, 1, 2].map(each => group.owners.ownerOf('T', each))).toEqual(['a', 'b', undefined]);
  });

  test('takes epochs that a record does not know from its member', () => {
    const group = new ConsumerGroup('g');
    group.apply(assigned('a', [3]));
    expect(group.members.get('a')!.assigned.get('T')).toEqual(new Map([[3, 1]]));
  });

  test('of tombstones alone makes no group', () => {
    const groups = new ConsumerGroups();
    groups.apply({ type: 'consumer-member-deleted', groupId: 'g', memberId: 'a' });
    groups.apply({ type: 'consumer-group-deleted', groupId: 'g' });
    expect(groups.get('g')).toBeUndefined();
  });

  test('of a log of Kafka 4.0 has its partition metadata deleted with the next epoch', () => {
    const world = new ConsumerWorld();
    world.topic('orders', 1);
    const topics = [{ topicId: 'T', topic: 'orders', partitionCount: 1 }];
    world.restart([{ type: 'consumer-partition-metadata-stored', groupId: 'g', topics }]);
    const join = { memberEpoch: 0, rebalanceTimeoutMs: 1, subscribedTopics: ['orders'], owned: [] };
    world.heartbeat({ memberId: 'a', ...join });
    world.heartbeat({ memberId: 'b', ...join });
    const deleted = wordsOf(world.log).filter(each => each === 'partition-metadata-deleted');
    expect(deleted).toHaveLength(1);
  });

  test('fences a member in a state of a later version, unless it owns nothing', () => {
    const script = new ConsumerScript();
    script.say('topic orders 1');
    script.say('a join orders');
    const last = script.world.log.at(-1)!;
    script.world.restart([
      ...script.world.log.slice(0, -1),
      { ...last, state: 'unknown' } as ConsumerGroupEvent,
    ]);
    expect(script.say('a beat')).toBe('FENCED_MEMBER_EPOCH');
    expect(script.say('a beat owns=orders:0')).toBe('FENCED_MEMBER_EPOCH');
    expect(script.say('a beat owns=-')).toBe('1');
    expect(script.say('show a')).toBe('stable 1 orders:0 gives -');
  });
});

test('timer keys tell all ids apart, and those of other protocols', () => {
  const timer = { kind: 'consumer-session', groupId: 'g 1', memberId: 'm 2' } as const;
  expect(timerOf(timerKey(timer))).toEqual(timer);
  const other = { kind: 'consumer-session', groupId: 'g ', memberId: '1m 2' } as const;
  expect(timerKey(other)).not.toBe(timerKey(timer));
  expect(timerOf('expire-offsets')).toBeNull();
  expect(timerOf('session 3 g 1m 2')).toBeNull();
});

test('the metadata hash is 0 for no topics, and does not depend on their order', () => {
  const world = new ConsumerWorld();
  world.topic('orders', 3);
  world.topic('stock', 1);
  const { topics } = world.environment();
  expect(metadataHash(['missing'], topics)).toBe(0n);
  const hash = metadataHash(['orders', 'stock'], topics);
  expect(metadataHash(['stock', 'missing', 'orders'], topics)).toBe(hash);
  expect(BigInt.asIntN(64, hash)).toBe(hash);
  const hashes = new Set([hash, metadataHash(['orders'], topics), metadataHash(['stock'], topics)]);
  world.topic('stock', 2);
  hashes.add(metadataHash(['orders', 'stock'], topics));
  world.drop('stock');
  world.topic('stock', 2);
  hashes.add(metadataHash(['orders', 'stock'], topics));
  expect(hashes.size).toBe(5);
});
