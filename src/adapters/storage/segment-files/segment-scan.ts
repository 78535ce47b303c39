import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  MAGIC,
  RecordBatch,
  batchSizeAt,
} from '../../../domain/model/log/record-batch.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import { readAllLater, writeAll } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';
import type { Segment } from './segment.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Bytes of a segment after the last batch that is whole. */
export interface Damage {
  readonly position: number;
  readonly bytes: number;
  /** A whole batch follows: not the torn end of a write but damage within the log. */
  readonly isWithin: boolean;
}

/** Checks the batches of a segment after a crash: length, magic, CRC, and that each begins where the one before ends. */
export class SegmentScan {
  readonly #fileSystem: FileSystem;
  readonly #checksum: Checksum;

  constructor(fileSystem: FileSystem, checksum: Checksum) {
    this.#fileSystem = fileSystem;
    this.#checksum = checksum;
  }

  /**
   * Goes on from the batches that `segment` knows of, up to `size`, and lets it note those that are whole; null if all are.
   * Whole ones are written again where they lie: after a failed sync the page cache may hold pages, marked clean, that never
   * reached the disk, and a later sync would not write those.
   */
  async run(fd: number, segment: Segment, size: number): Promise<Damage | null> {
    let chunkBytes = CHUNK_BYTES;
    while (segment.sizeInBytes < size) {
      const position = segment.sizeInBytes;
      const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, size - position));
      await readAllLater(this.#fileSystem, fd, chunk, position);
      const whole = this.#noteWhole(chunk, segment);
      if (whole > 0) writeAll(this.#fileSystem, fd, chunk.subarray(0, whole), position);
      else {
        const needed = neededBytes(chunk);
        const isCut = needed > chunk.length && needed <= size - position;
        if (!isCut) return this.#damage(chunk, position, size);
        chunkBytes = needed;
      }
    }
    return null;
  }

  #noteWhole(chunk: Buffer, segment: Segment): number {
    let at = 0;
    let batch = this.#wholeBatch(chunk, at);
    while (batch !== null && batch.baseOffset === segment.endOffset) {
      segment.note(batch, batch.sizeInBytes, INDEX_INTERVAL_BYTES);
      at += batch.sizeInBytes;
      batch = this.#wholeBatch(chunk, at);
    }
    return at;
  }

  #wholeBatch(chunk: Buffer, at: number): RecordBatch | null {
    if (at + BATCH_HEADER_BYTES > chunk.length) return null;
    const size = batchSizeAt(chunk, at);
    if (size < BATCH_HEADER_BYTES || at + size > chunk.length) return null;
    const batch = new RecordBatch(chunk.subarray(at, at + size));
    if (batch.magic !== MAGIC || batch.lastOffsetDelta < 0) return null;
    return batch.crc === this.#checksum.crc32c(batch.checked) ? batch : null;
  }

  #damage(chunk: Buffer, position: number, size: number): Damage {
    const next = neededBytes(chunk);
    const isWithin = next >= BATCH_HEADER_BYTES && this.#wholeBatch(chunk, next) !== null;
    return { position, bytes: size - position, isWithin };
  }
}

/** Kafka's default; a rebuilt index need not be as dense as the topic's setting says. */
export const INDEX_INTERVAL_BYTES = 4096;

function neededBytes(chunk: Buffer): number {
  return chunk.length < BATCH_PREFIX_BYTES ? Infinity : batchSizeAt(chunk, 0);
}
