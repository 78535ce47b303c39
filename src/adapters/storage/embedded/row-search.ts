import { setImmediate as nextTurn } from 'node:timers/promises';
import { int64At } from '../../../domain/model/log/record-batch.ts';
import { baseIn, batchesOf } from './batch-walk.ts';
import type { Later } from './later.ts';
import type { RowHead, RowStore } from './row-store.ts';

/** Heads that are asked for at once. */
const PAGE = 128;

/** Batches with offsets from `startOffset` on and a base offset below `endOffset`. */
export interface SearchRange {
  readonly startOffset: number;
  readonly endOffset: number;
}

/** Finds batches in the rows of one log. */
export class RowSearch {
  readonly #store: RowStore;
  readonly #log: number;

  constructor(store: RowStore, log: number) {
    this.#store = store;
    this.#log = log;
  }

  floor(offset: number): Later<RowHead | null> {
    return this.#store.floor(this.#log, offset);
  }

  /** The first rows from an offset on. */
  heads(offset: number, limit: number): Later<readonly RowHead[]> {
    return this.#store.heads(this.#log, offset, limit);
  }

  /** Rows from the one that holds an offset, or the next one, up to an end; the event loop gets its turn in between. */
  async *from(offset: number, endOffset: number): AsyncGenerator<RowHead> {
    let next = (await this.floor(offset))?.base ?? offset;
    for (;;) {
      const page = await this.heads(next, PAGE);
      for (const head of page) {
        if (head.base >= endOffset) return;
        yield head;
        next = head.base + 1;
      }
      if (page.length < PAGE) return;
      await nextTurn();
    }
  }

  /** The bytes of a row, in memory of their own; null when it is gone. */
  async bytesOf(base: number): Promise<Buffer | null> {
    let found: Buffer | null = null;
    await this.#store.read(this.#log, base, (head, bytes) => {
      if (head.base === base) found = Buffer.from(bytes);
      return false;
    });
    return found;
  }

  /** Whether a batch in a row begins at an offset. */
  async hasBase(offset: number): Promise<boolean> {
    const head = await this.floor(offset);
    const bytes = head === null ? null : await this.bytesOf(head.base);
    if (bytes === null) return false;
    const at = baseIn(bytes, offset);
    return at < bytes.length && int64At(bytes, at) === offset;
  }

  /** The base offset of the first batch whose max timestamp is that high; null if there is none. */
  async firstAt(timestamp: number, range: SearchRange): Promise<number | null> {
    const first = await this.#firstPeakAt(timestamp, range);
    if (first === null) return null;
    // A row may have its peak from one that is gone: then a later row holds the batch, or none.
    for await (const head of this.from(first, range.endOffset)) {
      if (head.maxTimestamp < timestamp) continue;
      for (const batch of batchesOf((await this.bytesOf(head.base)) ?? Buffer.alloc(0))) {
        if (batch.baseOffset >= range.endOffset) return null;
        const isWanted = batch.maxTimestamp >= timestamp && batch.nextOffset > range.startOffset;
        if (isWanted) return batch.baseOffset;
      }
    }
    return null;
  }

  /** The base offset of the first batch before which there are so many bytes in rows, or the end. */
  async after(bytes: number, endOffset: number): Promise<number> {
    let passed = 0;
    for await (const head of this.from(0, endOffset)) {
      if (passed + head.sizeInBytes < bytes) {
        passed += head.sizeInBytes;
        continue;
      }
      for (const batch of batchesOf((await this.bytesOf(head.base)) ?? Buffer.alloc(0))) {
        if (passed >= bytes || batch.baseOffset >= endOffset) return batch.baseOffset;
        passed += batch.sizeInBytes;
      }
    }
    return endOffset;
  }

  /** The base of the first row with such a peak: peaks never descend, so that halving finds it. */
  async #firstPeakAt(timestamp: number, range: SearchRange): Promise<number | null> {
    let found: number | null = null;
    let low = range.startOffset;
    let high = range.endOffset - 1;
    while (low <= high) {
      const middle = low + Math.floor((high - low) / 2);
      const head = await this.floor(middle);
      if (head !== null && head.peak >= timestamp) {
        found = head.base;
        high = head.base - 1;
      } else low = middle + 1;
    }
    return found;
  }
}
