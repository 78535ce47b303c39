import {
  BATCH_HEADER_BYTES,
  MAGIC,
  RecordBatch,
  batchSizeAt,
} from '../../../domain/model/log/record-batch.ts';
import type { Segment } from './segment.ts';

/** Bytes of one segment that were read, beginning with a batch; the last batch may be cut. */
export interface ReadBytes {
  readonly segment: Segment;
  /** What was asked for: the first batch holds it, or comes next after a gap. */
  readonly offset: number;
  /** Below this the first batch cannot begin. */
  readonly leastBase: number;
  readonly position: number;
  readonly bytes: Buffer;
}

/**
 * Checks the headers of batches that were on disk before this process came, the first time they are read: that each is one, and
 * follows the one before, which no checksum covers and only this engine knows. The bytes themselves are summed above the storage
 * port, once for every engine (CheckedReads).
 */
export class SoundReads {
  readonly #hasGaps: () => boolean;

  constructor(hasGaps: () => boolean) {
    this.#hasGaps = hasGaps;
  }

  /** How many of the bytes come before the first batch whose header is damaged: all of them if none is. */
  soundBytes({ segment, offset, leastBase, position, bytes }: ReadBytes): number {
    if (position >= segment.foundBytes || position + bytes.length <= segment.soundBytes) {
      return bytes.length;
    }
    let at = 0;
    const place = { leastBase, offset };
    while (position + at < segment.foundBytes && at + BATCH_HEADER_BYTES <= bytes.length) {
      const size = batchSizeAt(bytes, at);
      const isCut = size > bytes.length - at && size <= segment.sizeInBytes - position - at;
      if (isCut) break;
      const batch = this.#following(bytes.subarray(at, at + size), place);
      if (batch === null) return at;
      place.leastBase = place.offset = batch.nextOffset;
      at += size;
    }
    if (position <= segment.soundBytes) {
      segment.soundBytes = Math.max(segment.soundBytes, position + at);
    }
    return bytes.length;
  }

  #following(bytes: Buffer, { leastBase, offset }: { leastBase: number; offset: number }) {
    if (bytes.length < BATCH_HEADER_BYTES) return null;
    const batch = new RecordBatch(bytes);
    if (batch.sizeInBytes !== batchSizeAt(bytes, 0)) return null;
    if (batch.magic !== MAGIC || batch.baseOffset < leastBase) return null;
    if (batch.nextOffset <= offset) return null;
    if (batch.baseOffset > offset && !this.#hasGaps()) return null;
    return batch;
  }
}
