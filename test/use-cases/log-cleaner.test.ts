import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { BatchFields } from '../../src/domain/model/log/batch-builder.ts';
import type { Codec } from '../../src/domain/model/log/codec.ts';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { batch, BrokerCore, compressedBatch, wants } from '../support/broker-core.ts';
import {
  COMPACT,
  batchesOf,
  bytesOf,
  keyed,
  recordsOf,
  shown,
  UpkeepCore,
} from '../support/upkeep-core.ts';
import { quiet, VirtualTime } from '../support/virtual-time.ts';

const DAY = 86_400_000;
let core: BrokerCore;
let upkeep: UpkeepCore;

beforeEach(async () => {
  const time = new VirtualTime();
  core = await BrokerCore.start(new MemoryLogStorage({ clock: time }), time);
  upkeep = new UpkeepCore(core);
});

const topicWith = (given: Record<string, string> = {}): Promise<Topic> =>
  core.topic('orders', { ...COMPACT, ...given });

async function sendCompressed(codec: Codec, text: string): Promise<void> {
  core.time.advance(10);
  const { error } = await core.send(await compressedBatch(codec, keyed(text, core.time.now())));
  expect(error).toBeNull();
}

const send = (text: string, fields: Parameters<UpkeepCore['send']>[1] = {}): Promise<number> =>
  upkeep.send(text, fields);
const clean = (): Promise<boolean> => upkeep.cleaner.cleanDirtiest();
const left = async (topic: Topic): Promise<string> => shown(await upkeep.partition(topic));

describe('compaction', () => {
  test('keeps the last record of each key, where it was', async () => {
    const topic = await topicWith();
    await send('a=1 b=1 c=1');
    await send('a=2 d=1');
    await send('b=2');
    await send('e=1');
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('2:c=1 3:a=2 4:d=1 5:b=2 6:e=1');
    expect(await core.values({ fetchOffset: 0 })).toEqual(['1', '2', '1', '2', '1']);
    expect(await core.values({ fetchOffset: 1 })).toEqual(['1', '2', '1', '2', '1']);
  });

  test('does not touch the newest segment', async () => {
    const topic = await topicWith({ 'segment.ms': '1000' });
    await send('a=1');
    await send('a=2');
    expect(await clean()).toBe(false);
    core.time.advance(2000);
    await send('a=3 a=4');
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('1:a=2 2:a=3 3:a=4');
  });

  test('does not touch what is not committed', async () => {
    const topic = await topicWith();
    await send('a=1');
    core.storage.holds = 'all commits';
    const sent = Promise.all([send('a=2'), send('a=3')]);
    await quiet();
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('0:a=1');
    core.storage.releaseAll();
    await sent;
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('1:a=2 2:a=3');
  });

  test('drops batches of which nothing is left, and reads go on over the gap', async () => {
    const topic = await topicWith();
    await send('a=1');
    await send('b=1');
    await send('a=2 b=2');
    await send('x=1');
    await clean();
    expect((await batchesOf(await upkeep.partition(topic))).map(b => b.baseOffset)).toEqual([2, 4]);
    expect(await core.values({ fetchOffset: 1 })).toEqual(['2', '2', '1']);
    expect((await core.read(0)).logStartOffset).toBe(0);
  });

  test('drops what has no key, from the time before the topic was compacted', async () => {
    const topic = await topicWith({ 'cleanup.policy': 'delete' });
    await send('x a=1');
    await send('y');
    await send('b=1');
    const configs = new Map(Object.entries(COMPACT));
    topic.configure(configs, core.metadata.state.broker.topicDefault);
    expect(await clean()).toBe(true);
    expect(await left(topic)).toBe('1:a=1 3:b=1');
  });

  test.each(['gzip', 'snappy', 'lz4'] as const)('keeps %s', async codec => {
    const topic = await topicWith();
    await sendCompressed(codec, 'a=1 b=1 c=1');
    await sendCompressed(codec, 'a=2');
    await send('x=1');
    await clean();
    const partition = await upkeep.partition(topic);
    expect(await shown(partition)).toBe('1:b=1 2:c=1 3:a=2 4:x=1');
    const codecs = (await batchesOf(partition)).map(({ compression }) => compression);
    const id = ['none', 'gzip', 'snappy', 'lz4'].indexOf(codec);
    expect(codecs).toEqual([id, id, 0]);
  });

  test('leaves a batch as it is, byte for byte, when all of it stays', async () => {
    const topic = await topicWith();
    await sendCompressed('gzip', 'a=1 b=1');
    await send('c=1');
    await send('d=1');
    const partition = await upkeep.partition(topic);
    const before = await bytesOf(partition);
    expect(await clean()).toBe(true);
    expect(await bytesOf(partition)).toEqual(before);
  });

  test('goes over a log in as many passes as its memory asks for', async () => {
    const topic = await topicWith();
    upkeep.settings.dedupeBufferBytes = 24 * 8;
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 20; key++) await send(`k${key}=${round}`);
    }
    // More keys in one batch than the memory is for.
    await send(Array.from({ length: 20 }, (_, key) => `k${key}=3`).join(' '));
    await send('last=1');
    expect(await clean()).toBe(true);
    const partition = await upkeep.partition(topic);
    const records = await recordsOf(partition);
    expect(records.map(({ key }) => key)).toEqual([
      ...Array.from({ length: 20 }, (_, key) => `k${key}`),
      'last',
    ]);
    expect(records.slice(0, 20).every(({ value }) => value === '3')).toBe(true);
  });

  test('goes on where a log was trimmed within a batch with more keys than are left of it', async () => {
    const topic = await topicWith();
    await send(Array.from({ length: 20 }, (_, key) => `k${key}=1`).join(' '));
    await send('k19=2 a=1');
    await send('last=1');
    const partition = await upkeep.partition(topic);
    await partition.trimBefore(18);
    expect(await clean()).toBe(true);
    expect(await shown(partition)).toBe('18:k18=1 20:k19=2 21:a=1 22:last=1');
    expect(partition.logStartOffset).toBe(18);
  });

  test('leaves alone what is transactional, and markers', async () => {
    const topic = await topicWith();
    const partition = await upkeep.partition(topic);
    const append = (text: string, fields: BatchFields): void => {
      core.time.advance(10);
      const bytes = batch(keyed(text, core.time.now()), fields);
      partition.append(new RecordBatch(bytes), core.time.now());
    };
    const producer = { id: 7, epoch: 0, baseSequence: 0 };
    append('a=1', {});
    append('a=2', { transactional: true, producer });
    append('marker=1', { control: true, producer: { id: 9, epoch: 0, baseSequence: 0 } });
    append('b=1 b=', {});
    append('a=3', {});
    append('x=1', {});
    await partition.commit(true);
    await clean();
    expect(await left(topic)).toBe('1:a=2 2:marker=1 4:b= 5:a=3 6:x=1');
    core.time.advance(2 * DAY);
    await send('y=1');
    await clean();
    expect(await left(topic), 'a tombstone stays while it may stand for a hidden record').toContain(
      '4:b=',
    );
  });
});

describe('tombstones', () => {
  const dayLater = async (): Promise<void> => {
    core.time.advance(DAY);
    await send('x=2');
    await send('x=3');
  };

  test('stay for delete.retention.ms after they were compacted, and then go', async () => {
    const topic = await topicWith({ 'delete.retention.ms': String(DAY) });
    await send('a=1');
    await send('a=');
    await send('x=1');
    await clean();
    expect(await left(topic)).toBe('1:a= 2:x=1');
    core.time.advance(DAY - 100);
    await send('y=1');
    await clean();
    expect(await left(topic)).toBe('1:a= 2:x=1 3:y=1');
    await dayLater();
    await clean();
    expect(await left(topic)).toBe('3:y=1 4:x=2 5:x=3');
  });

  test('of one compaction go at one time, however many passes it takes', async () => {
    upkeep.settings.dedupeBufferBytes = 24 * 8;
    const topic = await topicWith();
    for (let key = 0; key < 12; key++) await send(`k${key}=`);
    await send('last=1');
    const partition = await upkeep.partition(topic);
    const rewrite = partition.upkeep.rewrite.bind(partition.upkeep);
    const began = core.time.now();
    let passes = 0;
    partition.upkeep.rewrite = to => {
      passes += 1;
      core.time.advance(1);
      return rewrite(to);
    };
    await clean();
    expect(passes).toBe(2);
    const horizons = (await batchesOf(partition)).map(({ deleteHorizonMs }) => deleteHorizonMs);
    expect(new Set(horizons)).toEqual(new Set([began + DAY, null]));
  });

  test('keep their timestamps beside their horizon', async () => {
    const topic = await topicWith();
    const sentAt = core.time.now() + 10;
    await send('a=1 b=');
    await send('x=1');
    await clean();
    const partition = await upkeep.partition(topic);
    const [first] = await batchesOf(partition);
    expect(first!.deleteHorizonMs).toBe(core.time.now() + DAY);
    const stamps = (await recordsOf(partition)).slice(0, 2).map(({ timestamp }) => timestamp);
    expect(stamps).toEqual([sentAt, sentAt]);
  });
});

describe('the state of producers', () => {
  const producer = (baseSequence: number, id = 7) => ({ producer: { id, epoch: 0, baseSequence } });

  test('is kept by their last batches, if need be without records', async () => {
    const topic = await topicWith();
    await send('a=1', producer(0));
    await send('a=2 b=1', producer(1));
    await send('a=3 b=2');
    await send('x=1');
    await clean();
    const batches = await batchesOf(await upkeep.partition(topic));
    const facts = batches.map(b => [b.baseOffset, b.lastOffset, b.recordCount, b.baseSequence]);
    expect(facts).toEqual([
      [1, 2, 0, 1],
      [3, 4, 2, -1],
      [5, 5, 1, -1],
    ]);
  });

  test('is no longer kept by a batch when its producer has gone on', async () => {
    const topic = await topicWith();
    await send('a=1', producer(0));
    for (const text of ['a=2', 'x=1']) await send(text);
    const kept = async (): Promise<unknown[]> => {
      await clean();
      const batches = await batchesOf(await upkeep.partition(topic));
      return batches.map(b => [b.baseOffset, b.recordCount]);
    };
    const [empty, ...others] = [
      [0, 0],
      [1, 1],
      [2, 1],
    ];
    expect(await kept()).toEqual([empty, ...others]);
    await send('y=1');
    expect(await kept(), 'it stays').toEqual([empty, ...others, [3, 1]]);
    await send('z=1', producer(1));
    expect(await kept()).toEqual([...others, [3, 1], [4, 1]]);
  });

  test('is the same after a restart that reads the compacted log', async () => {
    const topic = await topicWith();
    await send('a=1', producer(0));
    await send('a=2 b=1', producer(1));
    await send('a=3 b=2');
    await send('x=1');
    await clean();
    await forgetCheckpoint(topic);
    core = await core.restart();
    const wrong = await core.send(batch(keyed('a=4', 0), producer(2)));
    expect(wrong.error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    const right = await core.send(batch(keyed('a=4', core.time.now()), producer(3)));
    expect([right.error, right.baseOffset]).toEqual([null, 6]);
  });

  test('goes with a producer that has expired', async () => {
    const topic = await topicWith();
    await send('a=1', producer(0));
    core.time.advance(2 * DAY);
    await send('b=1', producer(0, 8));
    await send('a=2');
    await send('x=1');
    await clean();
    expect((await batchesOf(await upkeep.partition(topic))).map(b => b.baseOffset)).toEqual([
      1, 2, 3,
    ]);
  });
});

/** Makes the next open read the whole log. */
async function forgetCheckpoint(topic: Topic): Promise<void> {
  const { epoch } = core.registry;
  const key = { topicId: topic.id, topic: topic.name, partition: 0 };
  const log = await core.storage.open(key, epoch, topic);
  await log.saveCheckpoint(Buffer.alloc(0));
}

describe('the highest timestamp', () => {
  test('is found where its batch was compacted away', async () => {
    await topicWith({ 'segment.bytes': String(1024 * 1024) });
    await send('a=1');
    const latest = core.time.now() + 500;
    await core.send(batch(keyed('b=1', latest)));
    const long = 'v'.repeat(900_000);
    for (const text of ['b=2', `c=${long}`, `d=${long}`]) await send(text);
    const ask = () => core.listOffsets.execute([{ ...wants(), spec: 'max-timestamp' }]);
    expect((await ask())[0]).toMatchObject({ offset: 1, timestamp: latest });
    await clean();
    expect((await ask())[0]).toMatchObject({ offset: 4, timestamp: core.time.now() });
  });
});
