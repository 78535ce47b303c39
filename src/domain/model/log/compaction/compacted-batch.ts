import type { RecordBatch } from '../record-batch.ts';
import { RecordCursor } from '../records.ts';
import { putVarint, putVarlong, sizeOfVarint, sizeOfVarlong } from '../varint.ts';
import { RECORDS_PER_STEP } from './key-index.ts';
import type { Survivors } from './survivors.ts';

/** Up to here a varlong is exact. */
const DELTA_MAX = 2 ** 52;

/** What becomes of a batch that loses records, or gets a delete horizon: all the rest of its header stays. */
export interface Remains {
  readonly count: number;
  /** Not compressed. */
  readonly records: Buffer;
  readonly maxTimestamp: number;
  /** To be set; null leaves the base timestamp, be it a horizon or not, as it is. */
  readonly newHorizonMs: number | null;
}

/**
 * The remains of a batch, or null when it stays as it is, byte for byte (MemoryRecords.filterTo). Tombstones that were kept for
 * the first time begin to age: `horizonMs` is when they may go (KIP-534). It may be left at each step and taken up again.
 */
export function* remainsOf(
  batch: RecordBatch,
  survivors: Survivors,
  horizonMs: number,
): Generator<void, Remains | null> {
  const { count, records, maxTimestamp, tombstones } = survivors;
  const begins = tombstones && !batch.hasDeleteHorizon;
  const shifted = begins
    ? yield* timestampsShifted(survivors, batch.baseTimestamp - horizonMs)
    : null;
  if (shifted !== null) return { count, records: shifted, maxTimestamp, newHorizonMs: horizonMs };
  if (count === batch.recordCount) return null;
  return { count, records, maxTimestamp, newHorizonMs: null };
}

/** The batch around what is left of it, compressed with `codecId`. The CRC must be set anew afterwards. */
export function batchOfRemains(
  batch: RecordBatch,
  remains: Remains,
  { codecId, bytes }: { readonly codecId: number; readonly bytes: Buffer },
): RecordBatch {
  const rebuilt = batch.withRecords(codecId, bytes);
  rebuilt.setRecordCount(remains.count);
  rebuilt.setMaxTimestamp(remains.maxTimestamp);
  if (remains.newHorizonMs !== null) rebuilt.setDeleteHorizon(remains.newHorizonMs);
  return rebuilt;
}

/**
 * A batch without records: it keeps the place, the producer's sequence and the time of one that a producer's state rests on
 * (DefaultRecordBatch.writeEmptyHeader). The CRC must be set anew afterwards.
 */
export function emptied(batch: RecordBatch): RecordBatch {
  const empty = batch.withRecords(0, batch.bytes.subarray(0, 0));
  empty.setRecordCount(0);
  empty.setDeleteHorizon(null);
  return empty;
}

/**
 * The same records with timestamp deltas from another base. Null where one is beyond what can be written: that is no reason to lose
 * a record, so such tombstones stay.
 */
function* timestampsShifted(
  { records, count }: Survivors,
  shift: number,
): Generator<void, Buffer | null> {
  const cursor = new RecordCursor().reset(records, 0, count);
  const room = count * (sizeOfVarlong(DELTA_MAX) + sizeOfVarint(records.length));
  const shifted = Buffer.allocUnsafe(records.length + room);
  let at = 0;
  while (cursor.next()) {
    const delta = cursor.timestampDelta + shift;
    if (Math.abs(delta) > DELTA_MAX) return null;
    const rest = cursor.end - cursor.afterTimestamp;
    at = putVarint(shifted, 1 + sizeOfVarlong(delta) + rest, at);
    shifted[at++] = 0; // attributes: no bit is in use
    at = putVarlong(shifted, delta, at);
    at += records.copy(shifted, at, cursor.afterTimestamp, cursor.end);
    if (cursor.index % RECORDS_PER_STEP === 0) yield;
  }
  return shifted.subarray(0, at);
}
