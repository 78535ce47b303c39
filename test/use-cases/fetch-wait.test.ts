import { beforeEach, describe, expect, test } from 'vitest';
import type { FetchCommand, FetchResult } from '../../src/domain/use-cases/fetch.ts';
import type { PartitionRegistry } from '../../src/domain/use-cases/runtime/partition-registry.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore, fetchCommand, valuesIn, wants } from '../support/broker-core.ts';
import { isAnswered, quiet } from '../support/virtual-time.ts';

const SIZE = batch(['a']).length;
let core: BrokerCore;
let topic: Topic;

beforeEach(async () => {
  core = await BrokerCore.start();
  topic = await core.topic('orders', {}, 2);
});

function waiting(given: Partial<FetchCommand> = {}, fetchOffset = 0): Promise<FetchResult> {
  const partitions = [wants({ fetchOffset }), wants({ partition: 1 })];
  return core.fetch.execute(fetchCommand(partitions, { maxWaitMs: 500, ...given }));
}

const valuesOf = async (result: Promise<FetchResult>): Promise<string[]> =>
  (await result).answers.flatMap(({ records }) => valuesIn(records));

describe('a fetch that finds too little', () => {
  test('waits as long as it may, to the millisecond, and gives what there is', async () => {
    await core.send(batch(['a']));
    const fetch = waiting({ minBytes: SIZE + 1 });
    await quiet();
    core.time.advance(499);
    expect(await isAnswered(fetch)).toBe(false);
    core.time.advance(1);
    expect(await valuesOf(fetch)).toEqual(['a']);
    expect(core.time.pending).toBe(0);
  });

  test.each([
    ['enough is there', { minBytes: SIZE }],
    ['it asks for nothing', { minBytes: 0 }],
    ['it may not wait', { minBytes: 9999, maxWaitMs: 0 }],
    ['it can hold no more', { minBytes: 2 ** 31 - 1, maxBytes: SIZE }],
  ])('does not wait when %s', async (_, limits) => {
    await core.send(batch(['a']));
    expect(await isAnswered(waiting(limits))).toBe(true);
    expect(core.time.pending).toBe(0);
  });

  test('does not wait when it wants no partition, or one that fails', async () => {
    const none = core.fetch.execute(fetchCommand([], { maxWaitMs: 500 }));
    expect(await isAnswered(none)).toBe(true);
    expect(await isAnswered(waiting({}, 7))).toBe(true);
  });

  test('is woken exactly when enough has come, over all its partitions', async () => {
    await core.send(batch(['a']));
    const fetch = waiting({ minBytes: 3 * SIZE });
    await quiet();
    await core.send(batch(['b']), { partition: 1 });
    expect(await isAnswered(fetch)).toBe(false);
    await core.send(batch(['c']));
    expect(await isAnswered(fetch)).toBe(true);
    expect(await valuesOf(fetch)).toEqual(['a', 'c', 'b']);
    expect(core.time.pending).toBe(0);
  });

  test('is not woken by what comes elsewhere', async () => {
    await core.topic('others');
    const fetch = waiting();
    await quiet();
    await core.send(batch(['a']), { topic: 'others' });
    expect(await isAnswered(fetch)).toBe(false);
    core.time.advance(500);
    expect(await valuesOf(fetch)).toEqual([]);
  });

  test('is not woken before the commit', async () => {
    const fetch = waiting();
    await quiet();
    core.storage.holds = 'all commits';
    const sent = core.send(batch(['a']));
    expect(await isAnswered(fetch)).toBe(false);
    core.storage.releaseAll();
    await sent;
    expect(await valuesOf(fetch)).toEqual(['a']);
  });

  test('misses nothing that is committed between its read and its wait', async () => {
    const slow = slowOpening(core.registry);
    const fetch = waiting({ minBytes: 2 * SIZE });
    await slow.begun;
    // Partition 0 was read and had nothing; partition 1 is being opened.
    await core.send(batch(['a']));
    await core.send(batch(['b']));
    slow.release();
    expect(await isAnswered(fetch)).toBe(true);
    expect(await valuesOf(fetch)).toEqual(['a', 'b']);
  });

  test('is woken when its topic is deleted, and told so', async () => {
    const fetch = waiting();
    await quiet();
    await core.metadata.update(() => ({
      events: [{ type: 'topic-deleted', topicId: topic.id }],
      answer: undefined,
    }));
    await core.registry.remove(topic);
    const errors = (await fetch).answers.map(({ error }) => error);
    expect(errors).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION']);
  });

  test('is woken when its topic is deleted, however the store takes that', async () => {
    const fetch = core.fetch.execute(fetchCommand([wants({ partition: 1 })], { maxWaitMs: 500 }));
    await quiet();
    core.storage.remove = () => Promise.reject(new StorageError('failed', 'EIO'));
    await expect(core.registry.remove(topic)).rejects.toThrow('EIO');
    expect(await isAnswered(fetch)).toBe(true);
  });

  test('is woken when the broker stops', async () => {
    const fetch = waiting();
    await quiet();
    await core.registry.close();
    const errors = (await fetch).answers.map(({ error }) => error);
    expect(errors).toEqual(['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER']);
  });

  test('is woken when a log fails', async () => {
    const fetch = waiting();
    await quiet();
    core.storage.failNextAppend = new StorageError('outcome-unknown', 'no answer');
    await core.send(batch(['a']));
    expect(await isAnswered(fetch)).toBe(true);
  });

  test('ends when the client is gone, before or while it waits', async () => {
    const gone = new AbortController();
    const fetch = waiting({ signal: gone.signal });
    await quiet();
    gone.abort();
    expect(await isAnswered(fetch)).toBe(true);
    expect(await isAnswered(waiting({ signal: gone.signal }))).toBe(true);
    expect(core.time.pending).toBe(0);
  });

  test('wakes with all who wait for the same', async () => {
    const fetches = [waiting(), waiting(), waiting({ minBytes: 2 * SIZE })];
    await quiet();
    await core.send(batch(['a']));
    expect(await Promise.all(fetches.map(isAnswered))).toEqual([true, true, false]);
    await core.send(batch(['b']));
    expect(await isAnswered(fetches[2]!)).toBe(true);
  });
});

/** Makes the first opening of partition 1 wait, so that a fetch stands still between two reads. */
function slowOpening(registry: PartitionRegistry): { begun: Promise<void>; release: () => void } {
  let release = (): void => {};
  const held = new Promise<void>(resolve => (release = resolve));
  const open = registry.open.bind(registry);
  const begun = new Promise<void>(resolve => {
    registry.open = async (of, index) => {
      if (index === 1) resolve();
      if (index === 1) await held;
      return open(of, index);
    };
  });
  return { begun, release };
}
