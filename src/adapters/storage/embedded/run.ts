import { NO_TIMESTAMP, type RecordBatch } from '../../../domain/model/log/record-batch.ts';
import type { Row } from './row-store.ts';
import type { RunBuffers } from './run-buffers.ts';

/** What a row holds, unless a single batch is larger. */
export const ROW_BYTES = 64 * 1024;

/** Batches of one log, one after the other in memory, that become one row. */
export class Run implements Row {
  readonly log: number;
  readonly base: number;
  maxTimestamp = NO_TIMESTAMP;
  peak: number;
  nextOffset: number;
  readonly #buffers: RunBuffers;
  #buffer: Buffer;
  #used = 0;

  /** Begins with a batch; `room` is what is likely to follow, in bytes. */
  constructor(log: number, first: RecordBatch, before: { peak: number }, memory: RunMemory) {
    this.log = log;
    this.base = first.baseOffset;
    this.nextOffset = this.base;
    this.peak = before.peak;
    this.#buffers = memory.buffers;
    this.#buffer = memory.buffers.borrow(Math.max(first.sizeInBytes, memory.room));
    this.add(first);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }
  get sizeInBytes(): number {
    return this.#used;
  }
  /** What it takes in memory. */
  get heldBytes(): number {
    return this.#buffer.length;
  }

  takes(batch: RecordBatch): boolean {
    return this.#used + batch.sizeInBytes <= ROW_BYTES;
  }

  /** Copies the batch behind the others. */
  add(batch: RecordBatch): void {
    const needed = this.#used + batch.sizeInBytes;
    if (needed > this.#buffer.length) this.#grow(needed);
    this.#buffer.set(batch.bytes, this.#used);
    this.#used = needed;
    this.nextOffset = batch.nextOffset;
    const timestamp = batch.maxTimestamp;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
    if (timestamp > this.peak) this.peak = timestamp;
  }

  /** Gives its memory back: its bytes are nobody's any more. */
  release(): void {
    this.#buffers.giveBack(this.#buffer);
    this.#used = 0;
  }

  #grow(needed: number): void {
    const larger = this.#buffers.borrow(needed);
    larger.set(this.bytes);
    this.#buffers.giveBack(this.#buffer);
    this.#buffer = larger;
  }
}

export interface RunMemory {
  readonly buffers: RunBuffers;
  /** What a run is likely to need, in bytes. */
  readonly room: number;
}
