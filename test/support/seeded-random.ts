/** Numbers that a seed repeats (mulberry32). */
export class SeededRandom {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** From 0 to `bound` - 1. */
  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.integer(from.length)]!;
  }
}

/** A new seed for each run, or the one in HEXLOG_SEED; the failing test prints it. */
export function seedOfRun(): number {
  return Number(process.env['HEXLOG_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}
