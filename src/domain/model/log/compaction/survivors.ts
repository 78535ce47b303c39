import { NO_TIMESTAMP, type RecordBatch } from '../record-batch.ts';
import { RecordCursor } from '../records.ts';
import { RECORDS_PER_STEP } from './key-index.ts';
import type { OffsetMap } from './offset-map.ts';

/** The records of a batch that compaction keeps, as they lay in it, one after the other. */
export interface Survivors {
  readonly count: number;
  readonly records: Buffer;
  /** The highest timestamp among them. */
  readonly maxTimestamp: number;
  readonly tombstones: boolean;
  /** What is wrong with the batch's records, or null; then the rest means nothing. */
  readonly defect: string | null;
}

/**
 * Picks the records of a batch that are the last of their key as far as `map` knows, tombstones only until their horizon
 * (Cleaner.shouldRetainRecord). A record without a key goes, as in Kafka: it came before the topic was compacted. `records` are the
 * batch's records, inflated; the walk may be left at each step and taken up again.
 */
export function* survivorsOf(
  batch: RecordBatch,
  records: Buffer,
  { map, nowMs }: { readonly map: OffsetMap; readonly nowMs: number },
): Generator<void, Survivors> {
  const cursor = new RecordCursor().reset(records, 0, batch.recordCount);
  const { baseOffset, baseTimestamp, deleteHorizonMs } = batch;
  const dropsTombstones = deleteHorizonMs !== null && nowMs >= deleteHorizonMs;
  const kept = new KeptRuns();
  let tombstones = false;
  let highest = NO_TIMESTAMP;
  while (cursor.next()) {
    const isTombstone = cursor.valueLength < 0;
    const isLast = cursor.keyLength >= 0 && isLastOfKey(cursor, baseOffset, map);
    if (isLast && !(isTombstone && dropsTombstones)) {
      kept.add(cursor.start, cursor.end);
      tombstones ||= isTombstone;
      highest = Math.max(highest, baseTimestamp + cursor.timestampDelta);
    }
    if (cursor.index % RECORDS_PER_STEP === 0) yield;
  }
  const maxTimestamp = batch.isLogAppendTime ? batch.maxTimestamp : highest;
  const { count } = kept;
  return { count, records: kept.of(records), maxTimestamp, tombstones, defect: cursor.defect };
}

function isLastOfKey(cursor: RecordCursor, baseOffset: number, map: OffsetMap): boolean {
  const key = cursor.bytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength);
  return baseOffset + cursor.offsetDelta >= map.get(key);
}

/** Neighbouring stretches of bytes, joined. */
class KeptRuns {
  count = 0;
  readonly #bounds: number[] = [];

  add(start: number, end: number): void {
    this.count += 1;
    const last = this.#bounds.length - 1;
    if (this.#bounds[last] === start) this.#bounds[last] = end;
    else this.#bounds.push(start, end);
  }

  /** A view when it is one stretch. */
  of(bytes: Buffer): Buffer {
    const runs: Buffer[] = [];
    for (let at = 0; at < this.#bounds.length; at += 2) {
      runs.push(bytes.subarray(this.#bounds[at], this.#bounds[at + 1]));
    }
    return runs.length === 1 ? runs[0]! : Buffer.concat(runs);
  }
}
