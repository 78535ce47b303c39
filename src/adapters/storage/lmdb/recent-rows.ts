import type { Row } from '../embedded/row-store.ts';

/** Rows of so many bytes, written last, are taken to be in the page cache still. */
const RECENT_BYTES = 64 * 1024 * 1024;

/** Knows which rows were written a short while ago, over all logs. */
export class RecentRows {
  /** The first base offset of each log in this half of what is recent, and in the half before it. */
  #since = new Map<number, number>();
  #before = new Map<number, number>();
  #bytes = 0;

  note(rows: readonly Row[]): void {
    for (const { log, base, sizeInBytes } of rows) {
      // After a truncation, rows come again that have a lower base.
      if ((this.#since.get(log) ?? Infinity) > base) this.#since.set(log, base);
      this.#bytes += sizeInBytes;
    }
    if (this.#bytes < RECENT_BYTES / 2) return;
    this.#before = this.#since;
    this.#since = new Map();
    this.#bytes = 0;
  }

  has(log: number, base: number): boolean {
    return base >= (this.#before.get(log) ?? this.#since.get(log) ?? Infinity);
  }
}
