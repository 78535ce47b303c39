import { beforeEach, describe, expect, test } from 'vitest';
import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import type { RecordView } from '../../src/domain/model/log/records.ts';
import { BatchReader, keptFrom } from '../../src/domain/use-cases/runtime/batch-reader.ts';
import { batch, compressedBatch } from '../support/broker-core.ts';
import { isAnswered } from '../support/virtual-time.ts';

let reader: BatchReader;
let compressed: RecordBatch;

/** Full with one batch. */
beforeEach(async () => {
  reader = new BatchReader(new NodeCompression(), 1);
  compressed = new RecordBatch(await compressedBatch('gzip', ['a', 'b', 'c']));
});

function* values(records: Iterable<RecordView>): Generator<string> {
  for (const { value } of records) yield String(value);
}

const begun = async (): Promise<Generator<string>> => {
  const records = values(await reader.open(compressed));
  expect(records.next().value).toBe('a');
  return records;
};

describe('a batch that is inflated', () => {
  test('lets the next one wait until it is read', async () => {
    const first = await begun();
    const second = begun();
    expect(await isAnswered(second)).toBe(false);
    expect([...first]).toEqual(['b', 'c']);
    expect([...(await second)]).toEqual(['b', 'c']);
  });

  test('makes room when its reader stops, or fails', async () => {
    (await begun()).return(undefined);
    const failing = await begun();
    expect(() => failing.throw(new Error('no more'))).toThrow('no more');
    expect([...(await begun())]).toEqual(['b', 'c']);
  });

  test('lets those who wait begin one after the other', async () => {
    const first = await begun();
    const others = Array.from({ length: 10 }, async () => [...(await begun())]);
    first.return(undefined);
    expect(await Promise.all(others)).toEqual(Array(10).fill(['b', 'c']));
  });

  test('that is damaged takes no room', async () => {
    const bytes = Buffer.from(compressed.bytes);
    bytes.fill(0xff, bytes.length - 20);
    await expect(reader.open(new RecordBatch(bytes))).rejects.toMatchObject({
      code: 'CORRUPT_MESSAGE',
    });
    expect([...(await begun())]).toEqual(['b', 'c']);
  });

  test('keeps nobody from those that are not compressed', async () => {
    await begun();
    expect([...values(await reader.open(new RecordBatch(batch(['x']))))]).toEqual(['x']);
  });

  test('is not kept by the records that are', async () => {
    const [record] = await reader.open(compressed);
    const kept = keptFrom(compressed, record!);
    expect(kept).toEqual(record);
    record!.value!.fill(0);
    expect(String(kept.value)).toBe('a');
  });
});
