import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../../src/domain/model/error.ts';
import type { ConsumerGroup } from '../../../../src/domain/model/group/consumer/consumer-group.ts';
import {
  judgeCommit,
  validateFetch,
  type CommitClaim,
} from '../../../../src/domain/model/group/consumer/offset-fence.ts';
import { textTable } from '../../../support/text-table.ts';
import { ConsumerScript } from './consumer-script.ts';

/** `a` has orders:0 since epoch 1, orders:1 since epoch 2, and is to give up orders:2, all in epoch 3. */
function scene(): ConsumerScript {
  const script = new ConsumerScript();
  const steps = [
    'topic orders 1',
    'topic stock 1',
    'a join orders',
    'topic orders 2',
    'a beat',
    'a beat topics=orders,stock',
    'b join orders,stock',
    'a beat',
  ];
  for (const step of steps) script.say(step);
  expect(script.say('show a')).toBe('unrevoked-partitions 3 orders:0,1 gives stock:0');
  return script;
}

function attempt(act: () => string): string {
  try {
    return act();
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}

const claimOf = (member: string, epoch: string): CommitClaim => ({
  knowsEpochs: true,
  memberId: member === 'nobody' ? null : member,
  memberEpoch: Number(epoch),
});

describe('a commit', () => {
  // ConsumerGroup.validateOffsetCommit; KIP-1251
  test.each(
    textTable(`
      a      |  3 | orders/0 | ok
      a      |  3 | orders/9 | ok
      a      |  4 | orders/0 | STALE_MEMBER_EPOCH
      a      |  2 | orders/0 | ok
      a      |  1 | orders/0 | ok
      a      |  2 | orders/1 | ok
      a      |  1 | orders/1 | STALE_MEMBER_EPOCH
      a      |  2 | stock/0  | STALE_MEMBER_EPOCH
      a      |  2 | orders/9 | STALE_MEMBER_EPOCH
      a      |  0 | orders/0 | STALE_MEMBER_EPOCH
      a      | -1 | orders/0 | STALE_MEMBER_EPOCH
      c      |  3 | orders/0 | UNKNOWN_MEMBER_ID
      nobody | -1 | orders/0 | UNKNOWN_MEMBER_ID
    `),
  )('of %s in epoch %s for %s is %s', (member, epoch, partition, outcome) => {
    const { world } = scene();
    const [topic, number] = partition.split('/');
    const group = world.groups.get('g')!;
    const verdict = attempt(
      () => judgeCommit(group, claimOf(member, epoch))(world.idOf(topic!), Number(number)) ?? 'ok',
    );
    expect(verdict).toBe(outcome);
  });

  test('of nobody is taken when the group is empty', () => {
    const script = scene();
    script.say('a leave');
    script.say('b leave');
    const group = script.world.groups.get('g')!;
    expect(judgeCommit(group, claimOf('nobody', '-1'))('T', 0)).toBeNull();
    expect(attempt(() => judgeCommit(group, claimOf('a', '3'))('T', 0) ?? 'ok')).toBe(
      'UNKNOWN_MEMBER_ID',
    );
  });

  test('in an older epoch for a topic that is not known is stale', () => {
    const group = scene().world.groups.get('g')!;
    expect(judgeCommit(group, claimOf('a', '2'))(null, 0)).toBe('STALE_MEMBER_EPOCH');
  });
});

describe('offsets are given', () => {
  test.each(
    textTable(`
      a      |  3 | ok
      a      |  2 | STALE_MEMBER_EPOCH
      a      |  4 | STALE_MEMBER_EPOCH
      c      |  3 | UNKNOWN_MEMBER_ID
      nobody | -1 | ok
      nobody |  0 | UNKNOWN_MEMBER_ID
    `),
  )('to %s in epoch %s: %s', (member, epoch, outcome) => {
    const group: ConsumerGroup = scene().world.groups.get('g')!;
    const verdict = attempt(() => {
      validateFetch(group, claimOf(member, epoch));
      return 'ok';
    });
    expect(verdict).toBe(outcome);
  });
});

test('a member that speaks the classic protocol has an illegal generation instead', () => {
  const { world } = scene();
  const group = world.groups.get('g')!;
  const stored = world.log.find(({ type }) => type === 'consumer-member-stored');
  if (stored?.type !== 'consumer-member-stored') throw new Error('no member');
  group.apply({ ...stored, classic: { sessionTimeoutMs: 1, protocols: [] } });
  const commit = () => judgeCommit(group, claimOf('a', '2'))(world.idOf('orders'), 0) ?? 'ok';
  expect(attempt(commit)).toBe('ILLEGAL_GENERATION');
});
