import { ok, strictEqual } from 'node:assert/strict';
import { batchesIn, type RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { StorageError, type PartitionKey, type PartitionLog } from '../../src/ports/log-storage.ts';
import { batchOf, type BatchFields } from './batches.ts';

/** Small enough that a few batches roll a segment and fill its index. */
export const SETTINGS = { segmentBytes: 1500, segmentMs: 1e12, indexIntervalBytes: 200 };

export function keyOf(partition: number): PartitionKey {
  return { topicId: 'AbC-_0123456789abcdefg', partition, topic: 'orders' };
}

/** Appends a batch at the end of a log. */
export function appended(log: PartitionLog, fields: BatchFields = {}): RecordBatch {
  const batch = batchOf({ ...fields, baseOffset: log.endOffset });
  const copy = batchOf({ ...fields, baseOffset: log.endOffset });
  log.append(batch);
  // What the test compares with must not be what the engine might have kept; the batch given is the one to overwrite.
  batch.bytes.set(copy.bytes);
  return batch;
}

/** Reads once, and checks that one buffer at most was asked for and the result is its front. */
export async function readOnce(
  log: PartitionLog,
  offset: number,
  maxBytes: number,
): Promise<Buffer> {
  const given: Buffer[] = [];
  const bytes = await log.read(offset, maxBytes, size => {
    const buffer = Buffer.alloc(size + 7, 0xaa);
    given.push(buffer);
    return buffer;
  });
  ok(given.length <= 1, 'a read asks for one buffer at most');
  if (bytes.length > 0) {
    ok(bytes.buffer === given[0]!.buffer, 'a read fills the buffer that it was given');
    strictEqual(bytes.byteOffset, given[0]!.byteOffset, 'a read fills the buffer from its front');
  }
  return bytes;
}

/** Appends batches that fill more than two segments of `SETTINGS`, and commits them. */
export async function filled(
  log: PartitionLog,
  count: number,
  sizeInBytes = 300,
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (let at = 0; at < count; at++) {
    batches.push(
      appended(log, { sizeInBytes, count: 3, maxTimestamp: 1000 + log.endOffset, fill: at }),
    );
  }
  await log.commit(true);
  return batches;
}

/** Rewrites a log up to `to` with these batches. */
export async function rewritten(
  log: PartitionLog,
  to: number,
  kept: readonly RecordBatch[],
): Promise<void> {
  const rewrite = await log.rewrite(to);
  for (const batch of kept) await rewrite.keep(batch);
  await rewrite.finish();
}

/** The same batch with fewer bytes, as a compaction may leave it: its offsets stay. */
export function shrunk(batch: RecordBatch): RecordBatch {
  return batchOf({
    baseOffset: batch.baseOffset,
    count: batch.lastOffsetDelta + 1,
    sizeInBytes: Math.max(61, batch.sizeInBytes >> 1),
    maxTimestamp: batch.maxTimestamp,
    fill: 0x5a,
  });
}

/** Reads on until nothing comes. */
export async function readAll(
  log: PartitionLog,
  offset: number,
  maxBytes: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let next = offset;
  for (;;) {
    const bytes = await readOnce(log, next, maxBytes);
    const last = [...batchesIn(bytes)].at(-1);
    if (last === undefined) return Buffer.concat(parts);
    parts.push(bytes);
    next = last.nextOffset;
  }
}

export function baseOffsetsIn(bytes: Buffer): number[] {
  return [...batchesIn(bytes)].map(batch => batch.baseOffset);
}

/** The code of the StorageError with which an operation throws or rejects. */
export async function codeOf(operation: () => unknown): Promise<string> {
  try {
    await operation();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  return 'no error';
}
