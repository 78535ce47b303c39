import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CODECS } from '../../src/domain/model/log/codec.ts';
import type { ListedOffset, OffsetSpec } from '../../src/domain/use-cases/list-offsets.ts';
import { batch, BrokerCore, compressedBatch } from '../support/broker-core.ts';
import { openEmbedded, EMBEDDED_ENGINES } from '../support/embedded-store.ts';
import { SegmentFilesHarness } from '../support/segment-files-harness.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

const NOW = 1_700_000_000_000;
let core: BrokerCore;

beforeEach(async () => {
  core = await BrokerCore.start();
});

async function listed(spec: OffsetSpec, currentLeaderEpoch = -1): Promise<ListedOffset> {
  const query = { topic: 'orders', topicId: null, partition: 0, spec, currentLeaderEpoch };
  const answers = await core.listOffsets.execute([query]);
  return answers[0]!;
}

const found = async (spec: OffsetSpec): Promise<[offset: number, timestamp: number]> => {
  const { offset, timestamp, error } = await listed(spec);
  expect(error).toBeNull();
  return [offset, timestamp];
};

const sendTimes = async (...times: number[]) =>
  core.send(batch(times.map(time => ({ timestamp: NOW + time }))));

async function trimTo(offset: number): Promise<void> {
  const ref = { topic: 'orders', topicId: null, partition: 0 };
  const [outcome] = await core.deleteRecords.execute([{ ...ref, offset }]);
  expect(outcome).toEqual({ error: null, lowWatermark: offset });
}

describe('listing offsets', () => {
  test('of an empty log', async () => {
    await core.topic('orders');
    const { epoch } = core.metadata;
    const none = { error: null, timestamp: -1, offset: -1, leaderEpoch: -1 };
    expect(await listed('earliest')).toEqual({ ...none, offset: 0, leaderEpoch: epoch });
    expect(await listed('latest')).toEqual({ ...none, offset: 0, leaderEpoch: epoch });
    for (const spec of ['max-timestamp', 'latest-tiered', 'earliest-pending-upload', 0] as const) {
      expect(await listed(spec)).toEqual(none);
    }
  });

  test('by place, with the epoch of each', async () => {
    await core.topic('orders');
    await sendTimes(1, 2);
    const old = core.metadata.epoch;
    core = await core.restart();
    await sendTimes(3);
    expect(await listed('earliest')).toMatchObject({ offset: 0, leaderEpoch: old });
    expect(await listed('latest')).toMatchObject({ offset: 3, leaderEpoch: old + 1 });
    expect(await listed(NOW + 2)).toMatchObject({ offset: 1, leaderEpoch: old });
    expect(await listed(NOW + 3)).toMatchObject({ offset: 2, leaderEpoch: old + 1 });
    await trimTo(2);
    expect(await listed('earliest')).toMatchObject({ offset: 2, leaderEpoch: old + 1 });
  });

  test('by time finds the first record that is as late, which need not be the next later one', async () => {
    await core.topic('orders');
    await sendTimes(10, 50, 20);
    await sendTimes(30, 60);
    expect(await found(NOW + 5)).toEqual([0, NOW + 10]);
    expect(await found(NOW + 20)).toEqual([1, NOW + 50]);
    expect(await found(NOW + 51)).toEqual([4, NOW + 60]);
    expect(await found(NOW + 61)).toEqual([-1, -1]);
  });

  test('by the highest time finds its first record', async () => {
    await core.topic('orders');
    await sendTimes(10, 70, 20);
    await sendTimes(70, 30);
    expect(await found('max-timestamp')).toEqual([1, NOW + 70]);
  });

  test('knows none but the latest time of records without any', async () => {
    await core.topic('orders');
    await core.send(batch([{ timestamp: -1 }]));
    expect(await found('max-timestamp')).toEqual([-1, -1]);
    expect(await found(0)).toEqual([-1, -1]);
  });

  test('after a trim goes by what is left, also within a batch', async () => {
    await core.topic('orders');
    await sendTimes(90, 10, 80, 80);
    await sendTimes(20, 70);
    await trimTo(1);
    expect(await found(NOW + 5)).toEqual([1, NOW + 10]);
    expect(await found(NOW + 50)).toEqual([2, NOW + 80]);
    expect(await found('max-timestamp')).toEqual([2, NOW + 80]);
    await trimTo(3);
    expect(await found('max-timestamp')).toEqual([3, NOW + 80]);
    await trimTo(4);
    expect(await found('max-timestamp')).toEqual([5, NOW + 70]);
    await trimTo(6);
    expect(await found('max-timestamp')).toEqual([-1, -1]);
    expect(await found('earliest')).toEqual([6, -1]);
  });

  test('sees nothing that is not committed', async () => {
    await core.topic('orders');
    await sendTimes(10);
    core.storage.holds = 'all commits';
    const sent = sendTimes(20);
    expect(await found('latest')).toEqual([1, -1]);
    expect(await found(NOW + 15)).toEqual([-1, -1]);
    expect(await found('max-timestamp')).toEqual([-1, -1]);
    core.storage.releaseAll();
    await sent;
    expect(await found('latest')).toEqual([2, -1]);
    expect(await found('max-timestamp')).toEqual([1, NOW + 20]);
  });

  test('goes by the time of the broker on a topic with LogAppendTime', async () => {
    await core.topic('orders', { 'message.timestamp.type': 'LogAppendTime' });
    await sendTimes(-50, -40);
    core.time.advance(10);
    await core.send(await compressedBatch('gzip', ['a', 'b']));
    expect(await found(NOW + 1)).toEqual([2, NOW + 10]);
    expect(await found('max-timestamp')).toEqual([2, NOW + 10]);
  });

  test.each(CODECS)('looks into batches with codec %s', async codec => {
    await core.topic('orders');
    const records = [5, 9, 7].map(time => ({ timestamp: NOW + time }));
    const sent = await compressedBatch(codec, records).catch(() => null);
    if (sent === null) return expect(codec).toBe('zstd');
    await core.send(sent);
    expect(await found(NOW + 6)).toEqual([1, NOW + 9]);
    expect(await found('max-timestamp')).toEqual([1, NOW + 9]);
    await trimTo(2);
    expect(await found(NOW + 6)).toEqual([2, NOW + 7]);
    expect(await found('max-timestamp')).toEqual([2, NOW + 7]);
  });

  test('answers each query for itself, in their order', async () => {
    const { id } = await core.topic('orders');
    await sendTimes(10);
    const ref = { topic: 'orders', topicId: null, partition: 0, currentLeaderEpoch: -1 };
    const { epoch } = core.metadata;
    const answers = await core.listOffsets.execute([
      { ...ref, spec: 'latest' },
      { ...ref, spec: 'latest', partition: 1 },
      { ...ref, spec: 'latest', topic: null, topicId: id },
      { ...ref, spec: 'latest', topic: 'nowhere' },
      { ...ref, spec: 'latest', currentLeaderEpoch: epoch - 1 },
      { ...ref, spec: 'latest', currentLeaderEpoch: epoch + 1 },
      { ...ref, spec: 'latest', currentLeaderEpoch: epoch },
    ]);
    expect(answers.map(({ error, offset }) => error ?? offset)).toEqual([
      1,
      'UNKNOWN_TOPIC_OR_PARTITION',
      1,
      'UNKNOWN_TOPIC_OR_PARTITION',
      'FENCED_LEADER_EPOCH',
      'UNKNOWN_LEADER_EPOCH',
      1,
    ]);
  });
});

describe('listing offsets, held against all records', () => {
  const embedded = (engine: (typeof EMBEDDED_ENGINES)[number]) => async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hexlog-offsets-'));
    const storage = await openEmbedded(engine, directory);
    onTestFinished(async () => {
      await storage.close();
      await rm(directory, { recursive: true, force: true });
    });
    return BrokerCore.start(storage);
  };
  const engines = {
    memory: async () => BrokerCore.start(),
    'segment files': async () => BrokerCore.start(await new SegmentFilesHarness().open()),
    ...Object.fromEntries(EMBEDDED_ENGINES.map(engine => [engine, embedded(engine)])),
  };

  test.each(Object.entries(engines))('over %s', async (_, start) => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    for (let run = 0; run < 8; run++) {
      core = await start();
      await core.topic('orders');
      const times: number[] = [];
      for (let batches = 1 + random.integer(12); batches > 0; batches--) {
        const some = Array.from({ length: 1 + random.integer(5) }, () => random.integer(40));
        times.push(...some);
        const records = some.map(time => ({ timestamp: NOW + time }));
        const codec = random.pick(['none', 'gzip', 'snappy'] as const);
        await core.send(await compressedBatch(codec, records));
      }
      const start0 = random.integer(times.length + 1);
      if (start0 > 0) await trimTo(start0);
      const since = (time: number): number =>
        times.findIndex((candidate, offset) => offset >= start0 && candidate >= time);
      for (let time = 0; time <= 40; time++) {
        const offset = since(time);
        const expected = [offset, offset < 0 ? -1 : NOW + times[offset]!];
        expect(await found(NOW + time), `seed ${seed}, time ${time}`).toEqual(expected);
      }
      const highest = since(Math.max(...times.slice(start0), -1));
      const [offset] = await found('max-timestamp');
      expect(offset, `seed ${seed}`).toBe(start0 === times.length ? -1 : highest);
    }
  });
});
