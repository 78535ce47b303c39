import type { Segment } from './segment.ts';

/** The segments of one log, by base offset; the last is the active one. A log without batches has none. */
export class LogSegments {
  #all: Segment[];

  constructor(all: readonly Segment[]) {
    this.#all = [...all];
  }

  get active(): Segment | undefined {
    return this.#all.at(-1);
  }
  get all(): readonly Segment[] {
    return this.#all;
  }
  get sizeInBytes(): number {
    return this.#all.reduce((sum, segment) => sum + segment.sizeInBytes, 0);
  }

  add(segment: Segment): void {
    this.#all.push(segment);
  }

  has(segment: Segment): boolean {
    return this.#all.includes(segment);
  }

  /** The segment in which an offset lies or would lie; the first one for offsets before it. */
  holding(offset: number): Segment | undefined {
    const active = this.active;
    if (active === undefined || active.baseOffset <= offset) return active;
    let low = 0;
    let high = this.#all.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#all[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#all[low];
  }

  after(segment: Segment): Segment | undefined {
    if (segment === this.active) return undefined;
    return this.#all[this.#all.indexOf(segment) + 1];
  }

  /** How many bytes follow a place, counted no further than `enough`. */
  bytesAfter(segment: Segment, position: number, enough = Infinity): number {
    let bytes = -position;
    for (let at = this.#all.length - 1; at >= 0 && bytes < enough; at--) {
      bytes += this.#all[at]!.sizeInBytes;
      if (this.#all[at] === segment) break;
    }
    return bytes;
  }

  /** Puts a segment in the place of another, or nothing. */
  replace(old: Segment, fresh: Segment | null): void {
    const at = this.#all.indexOf(old);
    this.#all.splice(at, 1, ...(fresh === null ? [] : [fresh]));
  }

  /** The last segment that begins below an offset. */
  lastBelow(offset: number): Segment | undefined {
    return this.#all.findLast(segment => segment.baseOffset < offset);
  }

  /** Takes out the segments that lie below an offset whole; the active one stays. */
  takeBelow(offset: number): Segment[] {
    const kept = this.#all.findIndex(
      (_, at) => (this.#all[at + 1]?.baseOffset ?? Infinity) > offset,
    );
    return kept > 0 ? this.#all.splice(0, kept) : [];
  }

  /** Takes out the segments that begin at an offset or after it: the last first, as they must be deleted to leave no gap. */
  takeFrom(offset: number): Segment[] {
    const first = this.#all.findIndex(segment => segment.baseOffset >= offset);
    return first < 0 ? [] : this.#all.splice(first).reverse();
  }
}
