import { beforeEach, describe, expect, test } from 'vitest';
import type { FetchPartition } from '../../src/domain/model/fetch/fetch-session.ts';
import type { Fetch, FetchResult } from '../../src/domain/use-cases/fetch.ts';
import type { BrokerError } from '../../src/domain/model/error.ts';
import {
  batch,
  BrokerCore,
  fetchCommand,
  SESSIONLESS,
  valuesIn,
  wants,
} from '../support/broker-core.ts';
import { quiet } from '../support/virtual-time.ts';

let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
});

const fetched = async (...command: Parameters<typeof fetchCommand>): Promise<FetchResult> =>
  core.fetch.execute(fetchCommand(...command));

const valuesOf = ({ answers }: FetchResult): string[][] =>
  answers.map(({ records }) => valuesIn(records));

describe('fetching', () => {
  test('gives whole batches from the offset on, with what is known of the partition', async () => {
    const { id } = await core.topic('orders');
    await core.send(batch(['a', 'b']));
    await core.send(batch(['c']));
    const answer = await core.read(2);
    expect(valuesIn(answer.records)).toEqual(['c']);
    expect(answer).toMatchObject({
      error: null,
      highWatermark: 3,
      lastStableOffset: 3,
      logStartOffset: 0,
      divergence: null,
    });
    expect(await core.values({ topic: null, topicId: id })).toEqual(['a', 'b', 'c']);
  });

  test('gives the whole batch that an offset lies in', async () => {
    await core.topic('orders');
    await core.send(batch(['a', 'b']));
    expect(await core.values({ fetchOffset: 1 })).toEqual(['a', 'b']);
  });

  test('gives nothing at the end, and refuses what lies outside the log', async () => {
    await core.topic('orders');
    await core.send(batch(['a', 'b']));
    const ref = { topic: 'orders', topicId: null, partition: 0 };
    await core.deleteRecords.execute([{ ...ref, offset: 1 }]);
    expect(await core.values({ fetchOffset: 2 })).toEqual([]);
    for (const offset of [0, 3, -1]) {
      const { error, highWatermark, logStartOffset } = await core.read(offset);
      expect([error, highWatermark, logStartOffset]).toEqual(['OFFSET_OUT_OF_RANGE', -1, -1]);
    }
  });

  test('refuses what is unknown, and reads the rest', async () => {
    await core.topic('orders');
    await core.send(batch(['a']));
    const { answers } = await fetched([
      wants({ partition: 1 }),
      wants({ topic: 'nowhere' }),
      wants({ topic: null, topicId: 'no-such-id' }),
      wants(),
    ]);
    expect(answers.map(({ error }) => error)).toEqual([
      'UNKNOWN_TOPIC_OR_PARTITION',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'UNKNOWN_TOPIC_ID',
      null,
    ]);
    expect(valuesIn(answers[3]!.records)).toEqual(['a']);
  });

  test('refuses an epoch that is not ours', async () => {
    await core.topic('orders');
    core = await core.restart();
    const { epoch } = core.metadata;
    const errorOf = async (currentLeaderEpoch: number) =>
      (await core.read(0, { currentLeaderEpoch })).error;
    expect(await errorOf(epoch - 1)).toBe('FENCED_LEADER_EPOCH');
    expect(await errorOf(epoch + 1)).toBe('UNKNOWN_LEADER_EPOCH');
    expect(await errorOf(epoch)).toBeNull();
  });

  test('tells a client where its log and ours part', async () => {
    await core.topic('orders');
    await core.send(batch(['a', 'b']));
    core = await core.restart();
    core = await core.restart();
    await core.send(batch(['c']));
    const read = (lastFetchedEpoch: number, fetchOffset: number) =>
      core.read(fetchOffset, { lastFetchedEpoch });
    expect((await read(1, 2)).divergence).toBeNull();
    expect(valuesIn((await read(1, 2)).records)).toEqual(['c']);
    // It read on in epoch 1 where here epoch 3 began; or in epoch 2, which wrote nothing here.
    expect((await read(1, 3)).divergence).toEqual({ epoch: 1, endOffset: 2 });
    expect((await read(2, 2)).divergence).toEqual({ epoch: 1, endOffset: 2 });
    expect((await read(3, 9)).divergence).toEqual({ epoch: 3, endOffset: 3 });
    expect((await read(3, 9)).records.length).toBe(0);
    expect((await read(4, 2)).error).toBe('OFFSET_OUT_OF_RANGE');
    expect((await read(1, -1)).error).toBe('OFFSET_OUT_OF_RANGE');
  });

  test('is refused where the log cannot be opened', async () => {
    const topic = await core.topic('orders');
    await core.storage.open({ topicId: topic.id, partition: 0, topic: 'orders' }, 99, topic);
    expect((await core.read()).error).toBe('NOT_LEADER_OR_FOLLOWER');
  });
});

describe('the limits of a fetch', () => {
  const size = batch(['a'.repeat(100)]).length;

  beforeEach(async () => {
    await core.topic('orders', {}, 3);
    for (const partition of [0, 1, 2]) {
      for (const letter of ['a', 'b']) {
        await core.send(batch([letter.repeat(100)]), { partition });
      }
    }
  });

  const countsOf = async (
    limits: { maxBytes?: number },
    ...partitions: Partial<FetchPartition>[]
  ): Promise<number[]> => {
    const result = await fetched(partitions.map(wants), limits);
    return valuesOf(result).map(values => values.length);
  };
  const all = (maxBytes: number) => [0, 1, 2].map(partition => ({ partition, maxBytes }));

  test('of a partition are kept', async () => {
    expect(await countsOf({}, ...all(2 * size))).toEqual([2, 2, 2]);
    expect(await countsOf({}, ...all(2 * size - 1))).toEqual([1, 1, 1]);
  });

  test('in all are kept', async () => {
    expect(await countsOf({ maxBytes: 3 * size }, ...all(2 * size))).toEqual([2, 1, 0]);
    expect(await countsOf({ maxBytes: 2 * size }, ...all(2 * size))).toEqual([2, 0, 0]);
  });

  test('of the broker are kept', async () => {
    core.fetchMaxBytes = 3 * size;
    expect(await countsOf({}, ...all(2 * size))).toEqual([2, 1, 0]);
  });

  test.each([1, 0, -5])('let a first batch through that is larger: %i bytes', async maxBytes => {
    expect(await countsOf({ maxBytes }, ...all(2 * size))).toEqual([1, 0, 0]);
    expect(await countsOf({}, ...all(maxBytes))).toEqual([1, 0, 0]);
  });

  test('let the first batch through of the first partition that has one', async () => {
    const [first, ...others] = all(1);
    const counts = await countsOf({}, { ...first!, fetchOffset: 2 }, ...others);
    expect(counts).toEqual([0, 1, 0]);
  });

  test("hold the caller's memory for what is answered only", async () => {
    let given = 0;
    const allocate = (bytes: number): Buffer => {
      given += bytes;
      return Buffer.allocUnsafe(bytes);
    };
    const partitions = all(1).map(wants);
    await core.fetch.execute(fetchCommand(partitions, { allocate }));
    expect(given).toBe(size);
  });
});

describe('fetch sessions', () => {
  const inSession = async (
    sessionId: number,
    sessionEpoch: number,
    partitions: FetchPartition[] = [],
    options: Partial<Parameters<Fetch['execute']>[0]> = {},
  ): Promise<FetchResult> =>
    core.fetch.execute(
      fetchCommand([], {
        session: { ...SESSIONLESS, sessionId, sessionEpoch, partitions },
        ...options,
      }),
    );
  const partitionsOf = ({ answers }: FetchResult) => answers.map(({ partition }) => partition);

  beforeEach(async () => {
    await core.topic('orders', {}, 3);
    await core.send(batch(['a']), { partition: 1 });
  });

  const three = (fetchOffset = 1) => [
    wants(),
    wants({ partition: 1, fetchOffset }),
    wants({ partition: 2 }),
  ];

  test('tell everything at first, and then what has changed', async () => {
    const first = await inSession(0, 0, three());
    expect([first.sessionId, partitionsOf(first)]).toEqual([1, [0, 1, 2]]);
    expect(partitionsOf(await inSession(1, 1))).toEqual([]);
    await core.send(batch(['b']), { partition: 1 });
    const news = await inSession(1, 2);
    expect([news.sessionId, partitionsOf(news), valuesOf(news)]).toEqual([1, [1], [['b']]]);
    const moved = [wants({ partition: 1, fetchOffset: 2 })];
    expect(partitionsOf(await inSession(1, 3, moved))).toEqual([]);
  });

  test('tell of an error, and that it is over', async () => {
    await inSession(0, 0, three());
    const beyond = [wants({ fetchOffset: 1 })];
    expect((await inSession(1, 1, beyond)).answers[0]?.error).toBe('OFFSET_OUT_OF_RANGE');
    expect((await inSession(1, 2)).answers[0]?.error).toBe('OFFSET_OUT_OF_RANGE');
    const mended = await inSession(1, 3, [wants()]);
    expect(mended.answers.map(({ partition, error }) => [partition, error])).toEqual([[0, null]]);
    expect(partitionsOf(await inSession(1, 4))).toEqual([]);
  });

  test('let a partition that gave records wait behind the others', async () => {
    await core.send(batch(['b']), { partition: 2 });
    await inSession(0, 0, [wants({ partition: 1 }), wants({ partition: 2 })], { maxBytes: 1 });
    const next = await inSession(1, 1, [], { maxBytes: 1 });
    expect(valuesOf(next)).toEqual([['b']]);
  });

  test.each([
    [9, 1, 'FETCH_SESSION_ID_NOT_FOUND'],
    [1, 5, 'INVALID_FETCH_SESSION_EPOCH'],
  ])('%i at epoch %i is %s', async (id, epoch, code) => {
    await inSession(0, 0, three());
    const error = await inSession(id, epoch).catch((thrown: unknown) => thrown);
    expect((error as BrokerError).code).toBe(code);
  });

  test('refuse a request that another one of the session has overtaken', async () => {
    await inSession(0, 0, three());
    const slow = inSession(1, 1, [], { maxWaitMs: 100 });
    await quiet();
    await inSession(1, 2);
    core.time.advance(100);
    const error = await slow.catch((thrown: unknown) => thrown);
    expect((error as BrokerError).code).toBe('INVALID_FETCH_SESSION_EPOCH');
  });

  test('that are ended are answered without one', async () => {
    await inSession(0, 0, three());
    const last = await inSession(1, -1, [wants({ partition: 1 })]);
    expect([last.sessionId, valuesOf(last)]).toEqual([0, [['a']]]);
  });
});
