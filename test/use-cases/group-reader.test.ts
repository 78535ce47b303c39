import { beforeEach, describe, expect, test } from 'vitest';
import { ReaderCore } from '../support/reader-core.ts';
import { isAnswered } from '../support/virtual-time.ts';

let core: ReaderCore;

beforeEach(async () => {
  core = await ReaderCore.start();
});

async function orders(partitions: number, ...values: string[]): Promise<void> {
  await core.groups.core.topic('orders', {}, partitions);
  for (const [at, value] of values.entries()) {
    await core.records.produce({ partition: at % partitions, value: Buffer.from(value) });
  }
}

describe('a member of a group', () => {
  test('is assigned everything when it is alone, and reads it in turn', async () => {
    await orders(2, 'a', 'b', 'c');
    const one = await core.reader().subscribe('orders');
    expect(one.assignment).toBe('orders-0 orders-1');
    expect(await one.read()).toBe('0:a 0:c 1:b');
    expect(await one.read()).toBe('');
    expect(one.it.subscription).toEqual({ topics: ['orders'] });
  });

  test('stays a member by its own heartbeats, however long nobody reads', async () => {
    await orders(1, 'a');
    const one = await core.reader().subscribe('orders');
    await core.pass(120_000);
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.group!.members).toHaveLength(1);
    expect(await one.read()).toBe('0:a');
  });

  test('shares with a second one, and takes all again when that one goes', async () => {
    await orders(2, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 1:b');
    const two = await core.reader().subscribe('orders');
    await core.pass(15_000);
    expect([one.assignment, two.assignment].sort()).toEqual(['orders-0', 'orders-1']);
    await two.it.close();
    await core.pass(15_000);
    expect(one.assignment).toBe('orders-0 orders-1');
  });

  test('commits what it has read before a partition is another one’s', async () => {
    await orders(2, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 1:b');
    one.it.delivered();
    const two = await core.reader().subscribe('orders');
    await core.pass(15_000);
    expect(two.assignment).not.toBe('');
    expect(await two.read()).toBe('');
    const [other] = two.it.assignment;
    expect((await two.it.committed([other!]))[0]!.offset).toBe(1);
  });

  test('does not commit what is still on its way when a partition is another one’s', async () => {
    await orders(2, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 1:b');
    const two = await core.reader().subscribe('orders');
    await core.pass(15_000);
    const { partition } = two.it.assignment[0]!;
    expect(await two.read()).toBe(partition === 0 ? '0:a' : '1:b');
  });

  test('without auto-commit what is not committed is read again by the next', async () => {
    await orders(2, 'a', 'b');
    const one = await core.reader({ autoCommit: false }).subscribe('orders');
    expect(await one.read()).toBe('0:a 1:b');
    const two = await core.reader({ autoCommit: false }).subscribe('orders');
    await core.pass(15_000);
    const { partition } = two.it.assignment[0]!;
    expect(await two.read()).toBe(partition === 0 ? '0:a' : '1:b');
  });

  test('waits for its share, and is woken when it is given one', async () => {
    await orders(2, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    const two = await core.reader().subscribe('orders');
    expect(two.assignment).toBe('');
    const reading = two.read({ waitMs: 30_000 });
    expect(await isAnswered(reading)).toBe(false);
    await core.pass(15_000);
    expect(await isAnswered(reading)).toBe(true);
    expect(await reading).toMatch(/^(0:a|1:b)$/);
    await one.it.close();
  });

  test('reads topics that come later, for an expression', async () => {
    await orders(1, 'a');
    const one = core.reader();
    await one.it.subscribe({ regex: 'ord.*' });
    expect(one.assignment).toBe('orders-0');
    await core.groups.core.topic('ordinary');
    await core.pass(20_000);
    expect(one.assignment).toBe('orders-0 ordinary-0');
  });

  test('a subscription that is refused leaves the one before', async () => {
    await orders(1, 'a');
    const one = await core.reader().subscribe('orders');
    expect(await one.error(it => it.subscribe({ regex: '(' }))).toBe('INVALID_REGULAR_EXPRESSION');
    expect(one.it.subscription).toEqual({ topics: ['orders'] });
    await core.pass(120_000);
    expect(one.assignment).toBe('orders-0');
    expect(await one.read()).toBe('0:a');
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.group!.members).toHaveLength(1);
  });
});

describe('fencing', () => {
  test('a member that its group forgot joins again, and goes on from what is committed', async () => {
    await orders(1, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read({ maxBytes: 1 })).toBe('0:a');
    // Somebody else speaks for it, and leaves.
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    const { memberId } = answer!.group!.members[0]!;
    await core.groups.consumerGroupHeartbeat.execute(leaving(memberId));
    await core.pass(10_000);
    expect(one.assignment).toBe('orders-0');
    // What it had read was not committed when it was fenced.
    expect(await one.read()).toBe('0:a 0:b');
  });

  test('a fenced member’s commit is refused, and its read is not', async () => {
    await orders(1, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read({ maxBytes: 1 })).toBe('0:a');
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    await core.groups.consumerGroupHeartbeat.execute(leaving(answer!.group!.members[0]!.memberId));
    expect(await one.error(it => it.commit(null))).toBe('UNKNOWN_MEMBER_ID');
    expect(await one.read()).toBe('0:b');
  });
});

describe('leaving', () => {
  test('close leaves at once, and commits what was read', async () => {
    await orders(1, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 0:b');
    await one.it.close();
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.group!.members).toEqual([]);
    expect(await core.groups.committed()).toBe(2);
  });

  test('abandon leaves at once, and commits nothing', async () => {
    await orders(1, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    await one.read();
    await one.it.abandon();
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.group!.members).toEqual([]);
    expect(await core.groups.committed()).toBe(-1);
  });

  test('no timer of a reader is left when it has closed', async () => {
    await orders(1);
    // The coordinator has timers of its own.
    await (await core.reader().subscribe('orders')).it.close();
    const before = core.time.pending;
    const one = await core.reader().subscribe('orders');
    expect(core.time.pending).toBeGreaterThan(before);
    await one.it.close();
    expect(core.time.pending).toBe(before);
  });

  test('a reader that was never a member closes without a word to the group', async () => {
    await orders(1, 'a');
    const one = core.reader();
    await one.it.close();
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.error).toBe('GROUP_ID_NOT_FOUND');
  });

  test('unsubscribe commits and leaves; it may subscribe again', async () => {
    await orders(1, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read({ maxBytes: 1 })).toBe('0:a');
    await one.it.unsubscribe();
    expect(one.it.subscription).toBeNull();
    expect(one.assignment).toBe('');
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.group!.members).toEqual([]);
    expect(await one.read()).toBe('');
    await one.subscribe('orders');
    expect(await one.read()).toBe('0:b');
  });

  test('unsubscribing from nothing makes no group', async () => {
    await orders(1);
    const one = core.reader();
    await one.it.unsubscribe();
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    expect(answer!.error).toBe('GROUP_ID_NOT_FOUND');
  });

  test('a reader that closes while it reads ends there', async () => {
    await orders(1);
    const one = await core.reader().subscribe('orders');
    const over = new AbortController();
    const reading = one.read({ waitMs: 30_000, signal: over.signal });
    expect(await isAnswered(reading)).toBe(false);
    await one.it.close();
    over.abort();
    expect(await reading).toBe('');
  });
});

describe('where reading begins', () => {
  test.each([
    ['earliest', '0:a'],
    ['latest', ''],
    ['none', 'OFFSET_OUT_OF_RANGE'],
  ] as const)('auto.offset.reset %s', async (autoOffsetReset, expected) => {
    await orders(1, 'a');
    const one = await core.reader({ autoOffsetReset }).subscribe('orders');
    expect(await one.read()).toBe(expected);
    await core.records.produce('b');
    expect(await one.read()).toBe(
      { earliest: '0:b', latest: '0:b', none: 'OFFSET_OUT_OF_RANGE' }[autoOffsetReset],
    );
  });

  test('what is committed comes before auto.offset.reset', async () => {
    await orders(1, 'a', 'b');
    await core.groups.commit(1);
    const one = await core.reader({ autoOffsetReset: 'none' }).subscribe('orders');
    expect(await one.read()).toBe('0:b');
  });

  test('an offset that the log has no more is reset, and not committed', async () => {
    await orders(1, 'a', 'b');
    await core.groups.commit(7);
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('');
    expect(await one.read()).toBe('0:a 0:b');
    expect(await core.groups.committed()).toBe(7);
  });

  test('seek moves one partition, and what was read before is not committed', async () => {
    await orders(1, 'a', 'b', 'c');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 0:b 0:c');
    one.it.seek({ topic: 'orders', partition: 0, offset: 1 });
    expect(await one.read()).toBe('0:b 0:c');
    expect(await core.groups.committed()).toBe(-1);
    await one.it.seekTo('earliest', [{ topic: 'orders', partition: 0 }]);
    expect(await one.read({ maxBytes: 1 })).toBe('0:a');
    await one.it.seekTo('latest', [{ topic: 'orders', partition: 0 }]);
    expect(await one.read()).toBe('');
  });

  test('a partition that it does not have cannot be sought', async () => {
    await orders(1);
    const one = await core.reader().subscribe('orders');
    const place = { topic: 'orders', partition: 5 };
    expect(await one.error(it => it.seek({ ...place, offset: 0 }))).toBe('INVALID_REQUEST');
    expect(await one.error(it => it.seekTo('latest', [place]))).toBe('INVALID_REQUEST');
  });
});

describe('commits', () => {
  test('what was read is committed when more is asked for', async () => {
    await orders(1, 'a', 'b');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 0:b');
    expect(await core.groups.committed()).toBe(-1);
    expect(await one.read()).toBe('');
    expect(await core.groups.committed()).toBe(2);
  });

  test('no more is committed than was given out', async () => {
    await orders(1, 'a');
    await core.records.produce('b', 'c', 'd');
    const one = await core.reader().subscribe('orders');
    expect(await one.read({ maxBytes: 2 })).toBe('0:a');
    await one.it.commit(null);
    expect(await core.groups.committed()).toBe(1);
    // In the middle of a batch.
    expect(await one.read({ maxBytes: 2 })).toBe('0:b 0:c');
    await one.it.commit(null);
    expect(await core.groups.committed()).toBe(3);
    expect(await one.read()).toBe('0:d');
  });

  test('what is given back is read again, and was not committed', async () => {
    await orders(2, 'a', 'b', 'c');
    const one = await core.reader().subscribe('orders');
    expect(await one.read()).toBe('0:a 0:c 1:b');
    one.it.giveBack();
    await one.it.commit(null);
    expect(await core.groups.committed()).toBe(-1);
    expect(await one.read()).toBe('1:b 0:a 0:c');
    expect(await one.read()).toBe('');
    one.it.giveBack();
    expect(await core.groups.committed()).toBe(2);
    expect(await one.read()).toBe('');
  });

  test('offsets are committed with what is told to be kept with them', async () => {
    await orders(1, 'a');
    const one = await core.reader({ autoCommit: false }).subscribe('orders');
    const place = { topic: 'orders', partition: 0 };
    await one.it.commit([{ ...place, offset: 1, metadata: 'noted' }]);
    expect(await one.it.committed([place])).toEqual([{ ...place, offset: 1, metadata: 'noted' }]);
  });

  test('a partition that is not there is refused, and does not keep the others', async () => {
    await orders(1, 'a');
    const one = await core.reader({ autoCommit: false }).subscribe('orders');
    const nowhere = { topic: 'nowhere', partition: 0, offset: 1 };
    const place = { topic: 'orders', partition: 0, offset: 1 };
    expect(await one.error(it => it.commit([nowhere, place]))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await core.groups.committed()).toBe(1);
  });

  test('a commit while it joins again waits for that', async () => {
    await orders(1, 'a');
    const one = await core.reader().subscribe('orders');
    const [answer] = await core.groups.describeConsumerGroups.execute(['g']);
    await core.groups.consumerGroupHeartbeat.execute(leaving(answer!.group!.members[0]!.memberId));
    // The heartbeat that is told so is under way.
    core.time.advance(5000);
    const place = { topic: 'orders', partition: 0 };
    expect(await one.error(it => it.commit([{ ...place, offset: 1 }]))).toBe('none');
    expect(await core.groups.committed()).toBe(1);
  });
});

describe('assigned by hand', () => {
  test('reads and commits without being a member', async () => {
    await orders(2, 'a', 'b');
    const one = core.reader();
    one.it.assign([{ topic: 'orders', partition: 1 }]);
    expect(await one.read()).toBe('1:b');
    await one.it.close();
    const [answer] = await core.groups.describeGroups.execute(['g']);
    expect(answer!.group!.members).toEqual([]);
    const [found] = await one.it.committed([{ topic: 'orders', partition: 1 }]);
    expect(found!.offset).toBe(1);
  });

  test('a partition that is not there keeps nobody from the others', async () => {
    await orders(1, 'a');
    const one = core.reader();
    one.it.assign([
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 9 },
    ]);
    one.it.seek({ topic: 'orders', partition: 9, offset: 0 });
    expect(await one.read()).toBe('0:a');
    expect(await one.read()).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    await core.records.produce('b');
    expect(await one.read()).toBe('0:b');
  });
});

function leaving(memberId: string) {
  return {
    ...{ groupId: 'g', memberId, memberEpoch: -1, instanceId: null, rackId: null },
    ...{ rebalanceTimeoutMs: -1, subscribedTopics: null, subscribedRegex: null },
    ...{
      serverAssignor: null,
      owned: null,
      clientId: 'c',
      clientHost: '/h',
      bringsMemberId: false,
    },
  };
}
