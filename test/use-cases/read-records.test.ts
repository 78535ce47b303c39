import { beforeEach, describe, expect, test } from 'vitest';
import { CODECS } from '../../src/domain/model/log/codec.ts';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { batch, compressedBatch } from '../support/broker-core.ts';
import { RecordsCore, texts } from '../support/records-core.ts';
import { isAnswered, quiet } from '../support/virtual-time.ts';

let records: RecordsCore;

beforeEach(async () => {
  records = await RecordsCore.start();
  await records.core.topic('orders', {}, 2);
});

const page = async (given: Parameters<RecordsCore['read']>[0]): Promise<[string[], number]> => {
  const { records: read, nextOffset } = await records.read(given);
  return [texts(read), nextOffset];
};

describe('reading records', () => {
  test('of an empty log, and of its end', async () => {
    const empty = { records: [], nextOffset: 0, logStartOffset: 0, highWatermark: 0 };
    expect(await records.read()).toEqual(empty);
    await records.core.send(batch(['a']));
    expect(await records.read({ offset: 1 })).toEqual({
      ...empty,
      ...{ nextOffset: 1, highWatermark: 1 },
    });
  });

  test('gives page after page, from the middle of batches too', async () => {
    await records.core.send(batch(['a', 'b', 'c']));
    await records.core.send(batch(['d', 'e']));
    expect(await page({ maxRecords: 2 })).toEqual([['a', 'b'], 2]);
    expect(await page({ offset: 2, maxRecords: 2 })).toEqual([['c', 'd'], 4]);
    expect(await page({ offset: 4, maxRecords: 2 })).toEqual([['e'], 5]);
    expect(await page({ offset: 1 })).toEqual([['b', 'c', 'd', 'e'], 5]);
    expect(await page({ maxRecords: 3 })).toEqual([['a', 'b', 'c'], 3]);
    expect(await page({ maxRecords: 0 })).toEqual([[], 0]);
  });

  test.each(CODECS)('looks into batches with codec %s', async codec => {
    const sent = await compressedBatch(codec, ['a', 'b', 'c']).catch(() => null);
    if (sent === null) return expect(codec).toBe('zstd');
    await records.core.send(sent);
    expect(await page({ offset: 1 })).toEqual([['b', 'c'], 3]);
  });

  test('reads as many bytes as it may, and one batch at least', async () => {
    const size = batch(['a']).length;
    for (const value of ['a', 'b', 'c']) await records.core.send(batch([value]));
    expect(await page({ maxBytes: 1 })).toEqual([['a'], 1]);
    expect(await page({ maxBytes: 2 * size })).toEqual([['a', 'b'], 2]);
  });

  test('knows the bounds of the log, and what is beyond them', async () => {
    await records.core.send(batch(['a', 'b', 'c']));
    await records.core.deleteRecords.execute([
      { topic: 'orders', topicId: null, partition: 0, offset: 1 },
    ]);
    expect(await records.read({ offset: 1 })).toMatchObject({
      logStartOffset: 1,
      highWatermark: 3,
    });
    for (const offset of [0, 4, -1]) {
      const outside = records.read({ offset });
      await expect(outside).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    }
  });

  test('refuses what is not there', async () => {
    for (const given of [{ topic: 'nowhere' }, { partition: 2 }, { partition: -1 }]) {
      const missing = records.read(given);
      await expect(missing).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    }
  });

  test('goes past control batches', async () => {
    await records.core.send(batch(['a']));
    const topic = records.core.metadata.state.topicNamed('orders')!;
    const partition = await records.core.registry.open(topic, 0);

    partition.append(new RecordBatch(batch(['marker'], { control: true })), 0);
    await partition.commit(false);
    await records.core.send(batch(['b']));
    expect(await page({})).toEqual([['a', 'b'], 3]);
    expect(await page({ offset: 1, maxBytes: 1 })).toEqual([[], 2]);
  });

  test('waits for a first record, for so long, or until nobody waits', async () => {
    const waiting = page({ waitMs: 500 });
    expect(await isAnswered(waiting)).toBe(false);
    await records.core.send(batch(['a']));
    expect(await waiting).toEqual([['a'], 1]);
    const vain = page({ offset: 1, waitMs: 500 });
    await quiet();
    records.core.time.advance(500);
    expect(await vain).toEqual([[], 1]);
    const gone = new AbortController();
    const left = page({ offset: 1, waitMs: 500, signal: gone.signal });
    await quiet();
    gone.abort();
    expect(await left).toEqual([[], 1]);
    expect(records.core.time.pending).toBe(0);
  });

  test('gives no more of an inflated batch than was asked for, but one record', async () => {
    const values = ['a', 'b', 'c'].map(letter => letter.repeat(1000));
    await records.core.send(await compressedBatch('gzip', values));
    const lengths = async (given: Parameters<RecordsCore['read']>[0]) => {
      const { records: found, nextOffset } = await records.read(given);
      return [found.map(({ value }) => String(value)[0]), nextOffset];
    };
    expect(await lengths({ maxBytes: 1 })).toEqual([['a'], 1]);
    expect(await lengths({ maxBytes: 1500, offset: 1 })).toEqual([['b', 'c'], 3]);
  });
});
