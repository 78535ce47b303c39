import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  batchesIn,
  batchSizeAt,
  int64At,
  wholeBatchBytes,
} from '../../model/log/record-batch.ts';
import { StorageError, type Allocate } from '../../../ports/log-storage.ts';
import { DamagedBatchError } from './checked-reads.ts';
import { ReadChunk } from './read-chunk.ts';

/** What a walk reads: a PartitionLog, or a Partition. */
export interface ReadableLog {
  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer>;
}

/** Offsets that cannot be read, from `offset` to before `nextOffset`. */
export interface Damage {
  readonly offset: number;
  readonly nextOffset: number;
  readonly reason: string;
}

/** Whole batches one after the other, good until the walk goes on; or what could not be read. */
export type Stretch = { readonly batches: Buffer } | { readonly damage: Damage };

export interface WalkRange {
  readonly from: number;
  /** A batch's base offset, or an end: the walk stops before it. */
  readonly to: number;
  /** How much to read at once; a mebibyte, unless told. */
  readonly chunkBytes?: number;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Walks the committed batches of a log in ascending order. What the store cannot read is passed over, as far as it takes, and
 * reported. Rejects with a StorageError that is not `corrupt`.
 */
export async function* walkLog(log: ReadableLog, range: WalkRange): AsyncGenerator<Stretch> {
  const chunk = new ReadChunk();
  let offset = range.from;
  while (offset < range.to) {
    const batches = await readAt(log, offset, chunk.allocate, range.chunkBytes);
    if (batches instanceof StorageError) {
      const nextOffset = nextOf(batches, range.to) ?? (await nextReadable(log, offset, range.to));
      yield { damage: { offset, nextOffset, reason: batches.message } };
      offset = nextOffset;
      continue;
    }
    const whole = batches.subarray(0, wholeBatchBytes(batches, range.to));
    if (whole.length === 0) {
      if (isBeyond(batches, range.to)) return;
      const reason = `what the store gives at offset ${offset} is no whole batch`;
      yield { damage: { offset, nextOffset: range.to, reason } };
      return;
    }
    const before = offset;
    for (const batch of batchesIn(whole)) offset = Math.max(offset, batch.nextOffset);
    yield { batches: whole };
    // A header that says otherwise would have the walk go round and round.
    if (offset === before) offset += 1;
  }
}

/** The bytes, or why the store says that they are damaged. */
async function readAt(
  log: ReadableLog,
  offset: number,
  allocate: Allocate,
  maxBytes = CHUNK_BYTES,
): Promise<Buffer | StorageError> {
  try {
    return await log.read(offset, maxBytes, allocate);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'corrupt') return error;
    throw error;
  }
}

/** Where the damage ends, if it is known. */
function nextOf(error: StorageError, to: number): number | null {
  if (!(error instanceof DamagedBatchError) || error.nextOffset === null) return null;
  return Math.min(error.nextOffset, to);
}

/** Nothing, or a batch at or after the end: the log was trimmed, or its last offsets were removed. */
function isBeyond(bytes: Buffer, to: number): boolean {
  if (bytes.length < BATCH_PREFIX_BYTES) return bytes.length === 0;
  return int64At(bytes, 0) >= to && batchSizeAt(bytes, 0) >= BATCH_HEADER_BYTES;
}

/** The lowest readable offset above one that is not, found by steps that double and then by halves; `to` if there is none. */
async function nextReadable(log: ReadableLog, damaged: number, to: number): Promise<number> {
  const isReadable = async (offset: number): Promise<boolean> => {
    const found = await readAt(log, offset, size => Buffer.allocUnsafe(size), 1);
    return !(found instanceof StorageError);
  };
  let low = damaged;
  let high = damaged + 1;
  for (let step = 2; high < to && !(await isReadable(high)); step *= 2) {
    low = high;
    high = damaged + step;
  }
  high = Math.min(high, to);
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (await isReadable(middle)) high = middle;
    else low = middle;
  }
  return high;
}
