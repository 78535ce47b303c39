/** Offsets from `from` to before `to`. */
interface Range {
  from: number;
  to: number;
}

/**
 * A set of offsets as ranges, of which no two touch, in ascending order. It holds all from some offset on, and below that at most
 * so many ranges: of more, the smallest is forgotten.
 */
export class OffsetRanges {
  readonly #ranges: Range[];
  readonly #rangesMax: number;

  constructor(allFrom: number, rangesMax: number) {
    this.#ranges = [{ from: allFrom, to: Infinity }];
    this.#rangesMax = rangesMax;
  }

  /** From here on every offset is in the set. */
  get allFrom(): number {
    return this.#ranges.at(-1)!.from;
  }
  get rangeCount(): number {
    return this.#ranges.length;
  }

  /** The lowest offset at or above `offset` that is not in the set: `offset` itself, or the end of its range. */
  endFrom(offset: number): number {
    const range = this.#ranges[this.#firstEndingAfter(offset)];
    return range !== undefined && range.from <= offset ? range.to : offset;
  }

  /** Adds the offsets from `from` to before `to`. */
  add(from: number, to: number): void {
    if (from >= to) return;
    const first = this.#firstEndingAfter(from - 1);
    let after = first;
    const merged: Range = { from, to };
    for (
      let range = this.#ranges[after];
      range && range.from <= to;
      range = this.#ranges[++after]
    ) {
      merged.from = Math.min(merged.from, range.from);
      merged.to = Math.max(merged.to, range.to);
    }
    this.#ranges.splice(first, after - first, merged);
    if (this.#ranges.length > this.#rangesMax) this.#forgetSmallest();
  }

  /** The place of the first range that ends after `offset`. */
  #firstEndingAfter(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle]!.to > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #forgetSmallest(): void {
    let smallest = 0;
    const size = (at: number): number => this.#ranges[at]!.to - this.#ranges[at]!.from;
    for (let at = 1; at < this.#ranges.length; at++) if (size(at) < size(smallest)) smallest = at;
    this.#ranges.splice(smallest, 1);
  }
}
