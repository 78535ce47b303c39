/** Within each power of ten, in milliseconds: close enough for a quantile to be told within a third. */
const STEPS = [1, 1.5, 2, 3, 5, 7];
const FIRST_EXPONENT = -2;
const POWERS = 7;

/** The upper bounds of the buckets, from 0.01 ms to 70 s; one bucket more takes what is longer. */
export const DURATION_BOUNDS_MS: readonly number[] = Array.from({ length: POWERS }, (_, power) =>
  STEPS.map(step => Number((step * 10 ** (power + FIRST_EXPONENT)).toPrecision(2))),
).flat();

const BUCKETS = DURATION_BOUNDS_MS.length + 1;
const BOUNDS = Float64Array.from(DURATION_BOUNDS_MS);

/**
 * How long things of one kind took: counted into buckets, so that taking note of one costs a search among 42 numbers and an
 * addition. Quantiles are of the last one to two periods, for whoever calls `turn` once a period.
 */
export class Durations {
  readonly #counts = new Float64Array(BUCKETS);
  #older = new Float64Array(BUCKETS);
  #newer = new Float64Array(BUCKETS);
  #sumMs = 0;

  /** All of them together, since the beginning. */
  get sumMs(): number {
    return this.#sumMs;
  }

  /** How many there were, since the beginning. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  observe(ms: number): void {
    this.#counts[bucketOf(ms)]! += 1;
    this.#sumMs += ms;
  }

  /** How many took at most as long as each of DURATION_BOUNDS_MS says, since the beginning. */
  cumulative(): number[] {
    let sum = 0;
    return DURATION_BOUNDS_MS.map((_, bucket) => (sum += this.#counts[bucket]!));
  }

  /** Begins another period: what is older than the one before is left out of quantiles. */
  turn(): void {
    const oldest = this.#older;
    this.#older = this.#newer;
    this.#newer = oldest;
    oldest.set(this.#counts);
  }

  /** The duration in milliseconds that a part (0 to 1) of the latest ones did not exceed; null when there were none. */
  quantile(part: number): number | null {
    let total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) total += this.#latest(bucket);
    if (total === 0) return null;
    let rank = part * total;
    for (let bucket = 0; bucket < BUCKETS - 1; bucket++) {
      const count = this.#latest(bucket);
      if (count > 0 && rank <= count) return within(bucket, rank / count);
      rank -= count;
    }
    return DURATION_BOUNDS_MS.at(-1)!;
  }

  #latest(bucket: number): number {
    return this.#counts[bucket]! - this.#older[bucket]!;
  }
}

/** The first whose bound is not below. */
function bucketOf(ms: number): number {
  let low = 0;
  let high = BUCKETS - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (BOUNDS[middle]! < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As if they lay evenly between the bounds, as in Prometheus's histogram_quantile. */
function within(bucket: number, part: number): number {
  const low = bucket === 0 ? 0 : DURATION_BOUNDS_MS[bucket - 1]!;
  return low + (DURATION_BOUNDS_MS[bucket]! - low) * part;
}
