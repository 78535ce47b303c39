import type { RecordBatch } from '../record-batch.ts';
import { RecordCursor } from '../records.ts';
import type { OffsetMap } from './offset-map.ts';

/** Records between two points where whoever walks a batch may let others run: a millisecond's work. */
export const RECORDS_PER_STEP = 500;

/** `full` is that the map took no more, so that the batch is noted in part; a defect says what is wrong with its records. */
export interface Indexed {
  readonly full: boolean;
  readonly defect: string | null;
}

/**
 * Whether compaction looks into a batch. Until this broker serves transactions it knows of no aborted ones, and a record of an
 * aborted transaction must not take the place of an older one: what is transactional is kept whole and counts for nothing, and so
 * are control batches, which are the markers (Kafka's CleanedTransactionMetadata says what may go when they are known).
 */
export function isCompactable(batch: RecordBatch): boolean {
  return !batch.isControl && !batch.isTransactional;
}

/**
 * Notes the last offset of each key of a batch; `records` are its records, inflated. It may be left at each step and taken up
 * again. What a full map has not taken is only not compacted yet.
 */
export function* indexKeys(
  batch: RecordBatch,
  records: Buffer,
  map: OffsetMap,
): Generator<void, Indexed> {
  const cursor = new RecordCursor().reset(records, 0, batch.recordCount);
  const { baseOffset } = batch;
  let full = false;
  while (!full && cursor.next()) {
    if (cursor.keyLength >= 0) {
      const key = records.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength);
      full = !map.put(key, baseOffset + cursor.offsetDelta);
    }
    if (cursor.index % RECORDS_PER_STEP === 0) yield;
  }
  return { full, defect: cursor.defect };
}
