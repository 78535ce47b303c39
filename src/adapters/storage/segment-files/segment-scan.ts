import {
  BATCH_HEADER_BYTES,
  MAGIC,
  RecordBatch,
  batchSizeAt,
  int64At,
} from '../../../domain/model/log/record-batch.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import { readAllLater, writeAll } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';
import type { Segment } from './segment.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Where the magic byte of a batch lies, and how much of a batch it takes to see it. */
const MAGIC_AT = 16;
const MAGIC_BYTES = MAGIC_AT + 1;
/** Bytes that look like a header and are none: after so many nothing is looked for any more. */
const FALSE_HEADERS_MAX = 1000;

/** Bytes of a segment's file that are no batches. */
export interface Damage {
  readonly position: number;
  readonly bytes: number;
  /** The offsets that are missing, as far as one knows: `to` is null where nothing follows. */
  readonly from: number;
  readonly to: number | null;
}

/** What a file is expected to be. */
export interface ScanBounds {
  readonly fd: number;
  readonly size: number;
  /** Where the next segment begins, or Infinity. */
  readonly endOffset: number;
  /** Offsets may be missing between batches: anywhere, or only where the batch that follows bears it out. */
  readonly gaps: 'anywhere' | 'borne out' | 'nowhere';
  /**
   * Damage that begins before this position is left out, and the batches after it are taken; behind it the first one ends the
   * segment.
   */
  readonly skipsDamageTo: number;
}

/** Checks the batches of a segment after a crash: length, magic, CRC, and that each begins where the one before ends. */
export class SegmentScan {
  readonly #fileSystem: FileSystem;
  readonly #checksum: Checksum;
  readonly #bounds: ScanBounds;
  readonly #damages: Damage[] = [];

  constructor(fileSystem: FileSystem, checksum: Checksum, bounds: ScanBounds) {
    this.#fileSystem = fileSystem;
    this.#checksum = checksum;
    this.#bounds = bounds;
  }

  /**
   * Goes on from the batches that `segment` knows of, and lets it note those that are whole, as they lie when the damage is
   * taken out, which this gives: if it is not the file's end, other batches follow it. Whole batches are written again where
   * they lie: after a failed sync the page cache may hold pages, marked clean, that never reached the disk, and a later sync
   * would not write those.
   */
  async run(segment: Segment): Promise<readonly Damage[]> {
    const { fd, size, skipsDamageTo } = this.#bounds;
    let position = segment.sizeInBytes;
    let chunkBytes = CHUNK_BYTES;
    while (position < size) {
      const chunk = await this.#read(position, chunkBytes);
      const { bytes, needed } = this.#noteWhole(chunk, position, segment);
      if (bytes > 0) writeAll(this.#fileSystem, fd, chunk.subarray(0, bytes), position);
      position += bytes;
      chunkBytes = Math.max(CHUNK_BYTES, needed);
      if (bytes > 0 || needed > 0) continue;
      const next = await this.#nextWhole(position, segment.endOffset);
      const end = next !== null && position < skipsDamageTo ? next.position : size;
      const damage = { position, bytes: end - position, from: segment.endOffset };
      this.#damages.push({ ...damage, to: next?.baseOffset ?? null });
      position = end;
    }
    return this.#damages;
  }

  #noteWhole(chunk: Buffer, position: number, segment: Segment): { bytes: number; needed: number } {
    const left = this.#bounds.size - position;
    let at = 0;
    while (at < left) {
      const mayLeaveGap = this.#bounds.gaps === 'anywhere' || this.#followsDamage(position + at);
      const place = { chunk, at, left: left - at, expected: segment.endOffset, mayLeaveGap };
      const batch = this.#batchAt(place);
      if (typeof batch === 'number') return { bytes: at, needed: at > 0 ? 0 : batch };
      if (batch === null) break;
      segment.note(batch, batch.sizeInBytes, INDEX_INTERVAL_BYTES);
      at += batch.sizeInBytes;
    }
    return { bytes: at, needed: 0 };
  }

  #followsDamage(position: number): boolean {
    const last = this.#damages.at(-1);
    return last !== undefined && last.position + last.bytes === position;
  }

  /** The whole batch at a place, if one lies there and follows; null if not; a number of bytes where that takes more of them. */
  #batchAt(place: Place): RecordBatch | number | null {
    const { chunk, at, left, expected } = place;
    const here = chunk.length - at;
    if (left < BATCH_HEADER_BYTES) return null;
    if (here < BATCH_HEADER_BYTES) return BATCH_HEADER_BYTES;
    const size = batchSizeAt(chunk, at);
    if (size < BATCH_HEADER_BYTES || size > left) return null;
    if (size > here) return size;
    const batch = new RecordBatch(chunk.subarray(at, at + size));
    if (!this.#isWhole(batch, expected)) return null;
    if (batch.baseOffset === expected) return batch;
    if (left >= size + MAGIC_BYTES && here < size + MAGIC_BYTES) return size + MAGIC_BYTES;
    return this.#allowsGap(batch, place) ? batch : null;
  }

  /** The CRC does not cover the base offset: if that leaves a gap, what follows must not contradict it. */
  #allowsGap(batch: RecordBatch, { chunk, at, expected, mayLeaveGap }: Place): boolean {
    const after = at + batch.sizeInBytes;
    const isFollowed = after + MAGIC_BYTES <= chunk.length && chunk[after + MAGIC_AT] === MAGIC;
    const { gaps, endOffset } = this.#bounds;
    // The next segment bears out the last batch of this one.
    if (!isFollowed) return mayLeaveGap || (gaps === 'borne out' && batch.nextOffset === endOffset);
    const following = int64At(chunk, after);
    if (following >= batch.nextOffset) return mayLeaveGap || gaps === 'borne out';
    return mayLeaveGap && following < expected;
  }

  #isWhole(batch: RecordBatch, expected: number): boolean {
    if (batch.magic !== MAGIC || batch.lastOffsetDelta < 0) return false;
    if (batch.baseOffset < expected || batch.nextOffset > this.#bounds.endOffset) return false;
    return batch.crc === this.#checksum.crc32c(batch.checked);
  }

  /** The first whole batch after the place where there is none: as far on as its length says, or anywhere. */
  async #nextWhole(position: number, expected: number): Promise<Found | null> {
    const { size } = this.#bounds;
    if (size - position < BATCH_HEADER_BYTES) return null;
    const jump = position + batchSizeAt(await this.#read(position, BATCH_HEADER_BYTES), 0);
    const isAhead = jump > position && jump < size;
    const found = isAhead ? await this.#wholeAt(jump, expected) : null;
    return found ?? this.#search(position + 1, expected);
  }

  async #search(from: number, expected: number): Promise<Found | null> {
    const { size } = this.#bounds;
    let falseHeaders = 0;
    for (let position = from; position + BATCH_HEADER_BYTES <= size;) {
      const chunk = await this.#read(position, CHUNK_BYTES);
      const last = chunk.length - BATCH_HEADER_BYTES;
      let at = nextMagic(chunk, 0);
      for (; at >= 0 && at <= last; at = nextMagic(chunk, at + 1)) {
        if (!this.#looksLikeHeader(chunk, at, expected, size - position)) continue;
        const found = await this.#wholeAt(position + at, expected);
        if (found !== null && (await this.#isFollowed(found))) return found;
        falseHeaders += 1;
        if (falseHeaders > FALSE_HEADERS_MAX) return null;
      }
      position += last + 1;
    }
    return null;
  }

  #looksLikeHeader(chunk: Buffer, at: number, expected: number, left: number): boolean {
    const base = int64At(chunk, at);
    if (base < expected || base >= Math.min(this.#bounds.endOffset, expected + 2 ** 31))
      return false;
    const size = batchSizeAt(chunk, at);
    return size >= BATCH_HEADER_BYTES && at + size <= left;
  }

  async #wholeAt(position: number, expected: number): Promise<Found | null> {
    const left = this.#bounds.size - position;
    if (left < BATCH_HEADER_BYTES) return null;
    const size = batchSizeAt(await this.#read(position, BATCH_HEADER_BYTES), 0);
    if (size < BATCH_HEADER_BYTES || size > left) return null;
    const bytes = await this.#read(position, size + MAGIC_BYTES);
    const place = { chunk: bytes, at: 0, left, expected, mayLeaveGap: true };
    const batch = this.#batchAt(place);
    if (batch === null || typeof batch === 'number') return null;
    return { position, size, baseOffset: batch.baseOffset, nextOffset: batch.nextOffset };
  }

  /** A batch within the records of a damaged one is none of ours: nothing that fits comes after it. */
  async #isFollowed({ position, size, nextOffset }: Found): Promise<boolean> {
    const after = position + size;
    const left = this.#bounds.size - after;
    if (left === 0) return true;
    if (left < BATCH_HEADER_BYTES) return false;
    const header = await this.#read(after, BATCH_HEADER_BYTES);
    return header[MAGIC_AT] === MAGIC && this.#looksLikeHeader(header, 0, nextOffset, left);
  }

  async #read(position: number, bytes: number): Promise<Buffer> {
    const chunk = Buffer.allocUnsafeSlow(Math.min(bytes, this.#bounds.size - position));
    await readAllLater(this.#fileSystem, this.#bounds.fd, chunk, position);
    return chunk;
  }
}

/** A place in a chunk, what is left of the file from there on, and the offset that comes next. */
interface Place {
  readonly chunk: Buffer;
  readonly at: number;
  readonly left: number;
  readonly expected: number;
  readonly mayLeaveGap: boolean;
}

interface Found {
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly nextOffset: number;
}

/** Where a batch may begin, going by its magic byte alone; -1 if nowhere. */
function nextMagic(chunk: Buffer, from: number): number {
  const found = chunk.indexOf(MAGIC, from + MAGIC_AT);
  return found < 0 ? -1 : found - MAGIC_AT;
}

/** Kafka's default; a rebuilt index need not be as dense as the topic's setting says. */
export const INDEX_INTERVAL_BYTES = 4096;
