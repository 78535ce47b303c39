import { beforeEach, describe, expect, test } from 'vitest';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { partitionForKey } from '../../src/domain/model/topic/partitioner.ts';
import { RecordsCore, texts } from '../support/records-core.ts';
import { isAnswered } from '../support/virtual-time.ts';

let records: RecordsCore;

beforeEach(async () => {
  records = await RecordsCore.start();
});

const partitionsOf = (produced: { partition: number }[]): number[] =>
  produced.map(({ partition }) => partition);

const batchCount = async (partition = 0): Promise<number> =>
  [...batchesIn((await records.core.read(0, { partition })).records)].length;

describe('producing records', () => {
  test('answers where each one went, and when', async () => {
    await records.core.topic('orders');
    const now = records.core.time.now();
    expect(await records.produce('a', { timestamp: now - 5 }, 'c')).toEqual([
      { error: null, partition: 0, offset: 0, timestamp: now },
      { error: null, partition: 0, offset: 1, timestamp: now - 5 },
      { error: null, partition: 0, offset: 2, timestamp: now },
    ]);
    const { records: read } = await records.read();
    expect(read.map(({ timestamp }) => timestamp)).toEqual([now, now - 5, now]);
    expect(await batchCount()).toBe(1);
  });

  test('keeps keys, values, nulls and headers as they are', async () => {
    await records.core.topic('orders');
    const headers = [
      { key: 'h', value: Buffer.from([0xff]) },
      { key: 'h', value: null },
    ];
    await records.produce({ key: Buffer.from('k'), headers }, { value: Buffer.alloc(0) });
    const { records: read } = await records.read();
    expect(read).toMatchObject([
      { key: Buffer.from('k'), value: null, headers },
      { key: null, value: Buffer.alloc(0), headers: [] },
    ]);
  });

  test('has the time of the broker where the topic does', async () => {
    await records.core.topic('orders', { 'message.timestamp.type': 'LogAppendTime' });
    const now = records.core.time.now();
    const [produced] = await records.produce({ timestamp: now - 9 });
    expect(produced).toMatchObject({ error: null, timestamp: now });
  });

  test('puts keys where clients put them, and records where they are told', async () => {
    await records.core.topic('orders', {}, 5);
    const keys = Array.from({ length: 30 }, (_, at) => Buffer.from(`key-${at}`));
    const produced = await records.produce(...keys.map(key => ({ key })));
    expect(partitionsOf(produced)).toEqual(keys.map(key => partitionForKey(key, 5)));
    const told = await records.produce({ key: keys[0]!, partition: 4 }, { partition: 2 });
    expect(partitionsOf(told)).toEqual([4, 2]);
  });

  test('keeps those without a key of a request together, and goes round, in each topic', async () => {
    await records.core.topic('orders', {}, 2);
    await records.core.topic('others', {}, 2);
    const seen: number[] = [];
    for (let round = 0; round < 4; round++) {
      const partitions = partitionsOf(await records.produce('a', 'b', { partition: 1 }));
      expect(partitions[1]).toBe(partitions[0]);
      seen.push(partitions[0]!);
      await records.produceRecords.execute({
        topic: 'others',
        records: [{ partition: null, key: null, value: null }],
      });
    }
    expect(seen).toEqual([0, 1, 0, 1]);
  });

  test('answers in the order of the request, however its partitions mix', async () => {
    await records.core.topic('orders', {}, 3);
    const order = [2, 0, 2, 1, 0, 2];
    const produced = await records.produce(...order.map(partition => ({ partition })));
    expect(partitionsOf(produced)).toEqual(order);
    const offsets = produced.map(one => (one.error === null ? one.offset : one.error));
    expect(offsets).toEqual([0, 0, 1, 0, 1, 2]);
  });

  test('fails a record alone that has no partition', async () => {
    await records.core.topic('orders');
    const produced = await records.produce({ partition: 1 }, 'b', { partition: -1 });
    expect(produced.map(({ error }) => error)).toEqual([
      'UNKNOWN_TOPIC_OR_PARTITION',
      null,
      'UNKNOWN_TOPIC_OR_PARTITION',
    ]);
  });

  test('makes more batches than one where one would be too large, in order', async () => {
    await records.core.topic('orders', { 'max.message.bytes': '1000' });
    const values = Array.from({ length: 20 }, (_, at) => String(at).repeat(100));
    const produced = await records.produce(...values);
    const offsets = produced.map(one => (one.error === null ? one.offset : one.error));
    expect(offsets).toEqual(values.map((_, at) => at));
    expect(texts((await records.read()).records)).toEqual(values);
    expect(await batchCount()).toBeGreaterThan(1);
  });

  test('fails a record alone that is too large', async () => {
    await records.core.topic('orders', { 'max.message.bytes': '1000' });
    const produced = await records.produce('a', 'b'.repeat(1000), 'c');
    expect(produced.map(({ error }) => error)).toEqual([null, 'MESSAGE_TOO_LARGE', null]);
    expect(texts((await records.read()).records)).toEqual(['a', 'c']);
  });

  test('says which records a batch failed for', async () => {
    await records.core.topic('orders', { 'cleanup.policy': 'compact' });
    const produced = await records.produce({ key: Buffer.from('k') }, 'no key');
    expect(produced.map(({ error }) => error)).toEqual(['INVALID_RECORD', 'INVALID_RECORD']);
    const messages = produced.map(one => (one.error === null ? null : one.message));
    expect(messages).toEqual([
      expect.stringContaining('record'),
      'a compacted topic takes no record without a key',
    ]);
    expect(messages[0]).not.toBe(messages[1]);
    expect((await records.read()).records).toEqual([]);
  });

  test('creates the topic where clients may, and refuses it otherwise', async () => {
    await records.produce('a');
    expect(texts((await records.read()).records)).toEqual(['a']);
    const wrong = records.produceRecords.execute({ topic: 'a/b', records: [] });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' });
    records.core.metadata.state.broker.alter(
      'broker',
      new Map([['auto.create.topics.enable', 'false']]),
    );
    const missing = records.produceRecords.execute({ topic: 'nowhere', records: [] });
    await expect(missing).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });

  test('answers when the disk has it, or too late', async () => {
    await records.core.topic('orders');
    await records.produce('opens the log');
    records.core.storage.holds = 'durable commits';
    const produced = records.produce('a');
    expect(await isAnswered(produced)).toBe(false);
    records.core.time.advance(30_000);
    expect(await produced).toMatchObject([{ error: 'REQUEST_TIMED_OUT', partition: 0 }]);
    records.core.storage.releaseAll();
  });
});
