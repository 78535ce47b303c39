/** Values over time, the newest last; the oldest give way beyond `limit`. */
export class Series {
  readonly times: number[] = [];
  readonly values: (number | null)[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(timeMs: number, value: number | null): void {
    this.times.push(timeMs);
    this.values.push(value);
    if (this.times.length <= this.#limit) return;
    this.times.shift();
    this.values.shift();
  }

  get last(): number | null {
    return this.values.at(-1) ?? null;
  }
}

/** Turns a count that only grows into a rate a second; a count that fell began anew. */
export class RateSeries extends Series {
  #count: number | null = null;
  #timeMs = 0;

  observe(timeMs: number, count: number | null): void {
    const before = this.#count;
    const seconds = (timeMs - this.#timeMs) / 1000;
    this.#count = count;
    this.#timeMs = timeMs;
    if (before === null || count === null || seconds <= 0) return;
    this.push(timeMs, count < before ? null : (count - before) / seconds);
  }
}
