import { NO_TIMESTAMP, RecordBatch } from '../../../domain/model/log/record-batch.ts';

/** Batches that lie one after the other in one arena. */
export class MemoryChunk {
  readonly arena: Buffer;
  /** Per batch, ascending: where it begins and ends in the log, and where it begins in the arena. */
  readonly baseOffsets: number[] = [];
  readonly #nextOffsets: number[] = [];
  readonly positions: number[] = [];
  readonly #timestamps: number[] = [];
  #used = 0;
  #endOffset: number;

  constructor(arena: Buffer, baseOffset: number) {
    this.arena = arena;
    this.#endOffset = baseOffset;
  }

  get used(): number {
    return this.#used;
  }
  get endOffset(): number {
    return this.#endOffset;
  }
  get count(): number {
    return this.baseOffsets.length;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#used + bytes <= this.arena.length;
  }

  append(batch: RecordBatch): void {
    this.baseOffsets.push(batch.baseOffset);
    this.#nextOffsets.push(batch.nextOffset);
    this.positions.push(this.#used);
    this.#timestamps.push(batch.maxTimestamp);
    this.arena.set(batch.bytes, this.#used);
    this.#used += batch.sizeInBytes;
    this.#endOffset = batch.nextOffset;
  }

  /** The place among this chunk's batches of the one that holds the offset, or of the next one. */
  find(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#nextOffsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A view of the batch at a place. */
  batchAt(place: number): RecordBatch {
    return new RecordBatch(this.arena.subarray(this.positions[place], this.endOf(place)));
  }

  /** Where the batch at a place ends, in bytes. */
  endOf(place: number): number {
    return this.positions[place + 1] ?? this.#used;
  }

  /** The end of the last batch that ends at or before a position and begins below an offset, in bytes. */
  endWithin(position: number, endOffset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const isWithin = this.endOf(middle) <= position && this.baseOffsets[middle]! < endOffset;
      if (isWithin) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.endOf(low - 1);
  }

  nextOffsetOf(place: number): number {
    return this.#nextOffsets[place] ?? this.#endOffset;
  }

  maxTimestampOf(place: number): number {
    return this.#timestamps[place] ?? NO_TIMESTAMP;
  }

  /** Drops the batches from `offset` on, which is a base offset or the end. */
  truncateTo(offset: number): void {
    const kept = this.baseOffsets.findIndex(base => base >= offset);
    if (kept < 0) return;
    this.#used = this.positions[kept]!;
    this.#endOffset = this.#nextOffsets[kept - 1] ?? offset;
    this.baseOffsets.length = kept;
    this.#nextOffsets.length = kept;
    this.positions.length = kept;
    this.#timestamps.length = kept;
  }
}
