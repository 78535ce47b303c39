import type { Allocate } from '../../../ports/log-storage.ts';
import { BATCH_HEADER_BYTES, int64At } from '../../../domain/model/log/record-batch.ts';
import { NoBatch, endWithin, placeIn, sizeIn } from './batch-walk.ts';

const EMPTY = Buffer.alloc(0);

/** What a read asks for. */
export interface ReadOrder {
  readonly offset: number;
  /** No batch that begins here or later is given. */
  readonly endOffset: number;
  readonly maxBytes: number;
  /** No more than this can follow: what is allocated is not larger without need. */
  readonly mostBytes: number;
  readonly allocate: Allocate;
}

/** Copies batches out of rows that come in ascending order, until what was asked for is full. */
export class ReadOutput {
  readonly #order: ReadOrder;
  #bytes: Buffer = EMPTY;
  #filled = 0;

  constructor(order: ReadOrder) {
    this.#order = order;
  }

  /** The front of what was allocated. */
  get result(): Buffer {
    return this.#bytes.subarray(0, this.#filled);
  }

  /** Takes what fits of a row; false when nothing of the next one would. Damage ends a read, unless it would give nothing. */
  take(base: number, row: Buffer): boolean {
    const { offset, endOffset } = this.#order;
    const isFirst = this.#filled === 0;
    if (row.length < BATCH_HEADER_BYTES || int64At(row, 0) !== base) {
      if (isFirst) throw new NoBatch('the row does not begin with its offset');
      return false;
    }
    const from = isFirst ? placeIn(row, offset) : 0;
    if (from === row.length) return true;
    const to = endWithin(row, from, this.#roomFrom(row, from), endOffset);
    if (to === from) return false;
    if (isFirst) this.#allocate(to - from);
    row.copy(this.#bytes, this.#filled, from, to);
    this.#filled += to - from;
    return to === row.length && this.#filled < this.#order.maxBytes;
  }

  /** One batch is always given, or a reader could never go on. */
  #roomFrom(row: Buffer, from: number): number {
    const { maxBytes } = this.#order;
    return this.#filled > 0 ? maxBytes - this.#filled : Math.max(maxBytes, sizeIn(row, from, 0));
  }

  #allocate(first: number): void {
    const { maxBytes, mostBytes, allocate } = this.#order;
    this.#bytes = allocate(Math.max(first, Math.min(maxBytes, mostBytes)));
  }
}
