import { OffsetRanges } from '../../model/log/offset-ranges.ts';
import { BATCH_HEADER_BYTES, batchSizeAt, RecordBatch } from '../../model/log/record-batch.ts';
import { StoredBatchCheck } from '../../model/log/stored-batch-check.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Logger } from '../../../ports/logger.ts';
import { StorageError, type Allocate, type PartitionLog } from '../../../ports/log-storage.ts';

/** Readers that jump about would make more; what is forgotten is only checked again. */
const RANGES_MAX = 64;
const REPORTED_MAX = 1000;

/** A batch that is not what it was when it was written. */
export class DamagedBatchError extends StorageError {
  readonly offset: number;
  /** Where the next batch begins, where that is known. */
  readonly nextOffset: number | null;

  constructor(message: string, offset: number, nextOffset: number | null) {
    super('corrupt', message);
    this.offset = offset;
    this.nextOffset = nextOffset;
  }
}

export interface CheckedReadsParts {
  readonly topic: string;
  readonly partition: number;
  readonly log: PartitionLog;
  readonly checksum: Checksum;
  readonly logger: Logger;
}

/** Bytes as a store gave them for an offset, and how far they were looked at. */
interface Found {
  readonly bytes: Buffer;
  readonly offset: number;
  position: number;
  /** The offset after the batches that were looked at. */
  nextOffset: number;
  leaderEpoch: number;
}

/**
 * Vouches for the batches that were in a log before this broker opened it: a disk may have changed them. Each is checked when it is
 * first read, and no more after that; what came since was checked when it came. Damage is never handed out, and reported once.
 */
export class CheckedReads {
  readonly #parts: CheckedReadsParts;
  readonly #check: StoredBatchCheck;
  readonly #sound: OffsetRanges;
  readonly #reported = new Set<string>();

  constructor(parts: CheckedReadsParts) {
    this.#parts = parts;
    this.#check = new StoredBatchCheck(bytes => parts.checksum.crc32c(bytes));
    this.#sound = new OffsetRanges(parts.log.endOffset, RANGES_MAX);
  }

  /**
   * As PartitionLog.read, up to the first batch that is damaged. Rejects with `corrupt` (a DamagedBatchError, or the store's own
   * error) when that is the one that holds `offset`: the offset after it can be read again.
   */
  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    const { log } = this.#parts;
    const bytes = log.read(offset, maxBytes, allocate);
    if (!(bytes instanceof Promise)) return this.#checked(offset, bytes);
    return bytes.then(
      read => this.#checked(offset, read),
      error => this.#refuse(offset, error),
    );
  }

  /** See PartitionLog. */
  offsetFor(timestamp: number): number | Promise<number> {
    const offset = this.#parts.log.offsetFor(timestamp);
    if (!(offset instanceof Promise)) return offset;
    return offset.catch(error => this.#refuse(null, error));
  }

  #checked(offset: number, bytes: Buffer): Buffer {
    if (offset >= this.#sound.allFrom || bytes.length === 0) return bytes;
    const found = { bytes, offset, position: 0, nextOffset: offset, leaderEpoch: -1 };
    const defect = this.#defectIn(found);
    this.#sound.add(offset, found.nextOffset);
    if (defect === null) return bytes;
    const rest = found.position === 0 ? this.#restFor(found) : null;
    const error = this.#damaged(found, defect, rest);
    this.#report(error.offset, error);
    if (found.position > 0) return bytes.subarray(0, found.position);
    if (rest === null || rest.baseOffset > offset) throw error;
    return this.#checked(offset, movedToFront(bytes, rest.bytes));
  }

  /** What is wrong with the first damaged batch, where the position is then; null if none is. */
  #defectIn(found: Found): string | null {
    const { bytes, offset } = found;
    const known = this.#sound.endFrom(offset);
    while (found.position < bytes.length) {
      // What follows, this broker has written.
      if (found.nextOffset >= this.#sound.allFrom) return null;
      const batch = batchAt(bytes, found.position);
      if (batch === null) return 'the length of a batch is wrong';
      if (found.nextOffset >= known || batch.nextOffset > known) {
        const defect = this.#defectOf(batch, found);
        if (defect !== null) return defect;
      }
      found.position += batch.sizeInBytes;
      found.nextOffset = batch.nextOffset;
      found.leaderEpoch = batch.leaderEpoch;
    }
    return null;
  }

  #defectOf(batch: RecordBatch, { position, nextOffset, leaderEpoch }: Found): string | null {
    const { log } = this.#parts;
    const lastEpoch = log.epochs.at(-1)?.epoch ?? 0;
    // The first one may begin before the offset that was asked for, unless that is where a sound one ended.
    const isBoundary = position > 0 || this.#sound.endFrom(nextOffset - 1) === nextOffset;
    const after = isBoundary ? nextOffset : -1;
    const defect = this.#check.checkHeader(batch, { nextOffset: after, leaderEpoch, lastEpoch });
    if (defect !== null) return defect;
    const isInLog = batch.nextOffset > nextOffset && batch.nextOffset <= log.endOffset;
    return isInLog ? null : `it holds offsets ${batch.baseOffset} to ${batch.lastOffset}`;
  }

  /** The sound batch after a damaged first one that holds the offset, which the damaged one may claim too; else the next one. */
  #restFor({ bytes, offset }: Found): RecordBatch | null {
    const alone = { bytes, offset, position: 0, nextOffset: -1, leaderEpoch: -1 };
    let position = batchAt(bytes, 0)?.sizeInBytes ?? bytes.length;
    for (let batch; (batch = batchAt(bytes, position)) !== null; position += batch.sizeInBytes) {
      if (this.#defectOf(batch, alone) !== null) return null;
      if (batch.nextOffset > offset) return batch;
    }
    return null;
  }

  #damaged(found: Found, defect: string, rest: RecordBatch | null): DamagedBatchError {
    const { topic, partition, log } = this.#parts;
    const offset = offsetOf(found);
    const where = `${topic}-${partition} is damaged at offset ${offset} (${log.placeOf(offset)})`;
    return new DamagedBatchError(`${where}: ${defect}`, offset, rest?.baseOffset ?? null);
  }

  #refuse(offset: number | null, error: unknown): never {
    if (error instanceof StorageError && error.code === 'corrupt') this.#report(offset, error);
    throw error;
  }

  #report(offset: number | null, { message }: StorageError): void {
    if (this.#reported.has(message) || this.#reported.size >= REPORTED_MAX) return;
    this.#reported.add(message);
    const { topic, partition, log, logger } = this.#parts;
    const place = offset === null ? null : log.placeOf(offset);
    const facts = { topic, partition, offset, place, error: message };
    logger.error(facts, 'a part of a log is damaged: it is not handed out, and the rest is');
  }
}

/** The whole batch that begins here, as its header claims. */
function batchAt(bytes: Buffer, position: number): RecordBatch | null {
  if (bytes.length - position < BATCH_HEADER_BYTES) return null;
  const size = batchSizeAt(bytes, position);
  if (size < BATCH_HEADER_BYTES || size > bytes.length - position) return null;
  return new RecordBatch(bytes.subarray(position, position + size));
}

/** Where a damaged batch begins, if its header can be believed. */
function offsetOf({ bytes, position, nextOffset }: Found): number {
  const batch = batchAt(bytes, position);
  if (batch === null || position > 0 || batch.baseOffset < 0) return nextOffset;
  return batch.baseOffset <= nextOffset && batch.nextOffset > nextOffset
    ? batch.baseOffset
    : nextOffset;
}

/** `bytes` is the reader's memory, which is filled from its front; `rest` is a part of it. */
function movedToFront(bytes: Buffer, rest: Buffer): Buffer {
  const from = rest.byteOffset - bytes.byteOffset;
  bytes.copyWithin(0, from);
  return bytes.subarray(0, bytes.length - from);
}
