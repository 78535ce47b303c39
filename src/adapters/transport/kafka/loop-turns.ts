import { performance } from 'node:perf_hooks';

/** How long requests may keep the event loop from turning. */
const TURN_MS = 10;

/**
 * Lets the event loop turn between requests that cost little each and much together, as when all members of a large group join
 * at once: what comes when a turn has lasted too long goes on in a later one. Everything is started in the order it came.
 */
export class LoopTurns {
  readonly #waiting: (() => void)[] = [];
  readonly #now: () => number;
  #endMs: number | null = null;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Does the work now, or when its turn has come. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || this.#isOver()) {
      await new Promise<void>(resolve => {
        if (this.#waiting.push(resolve) === 1) void this.#drain();
      });
    }
    return work();
  }

  #isOver(): boolean {
    if (this.#endMs !== null) return this.#now() >= this.#endMs;
    this.#endMs = this.#now() + TURN_MS;
    setImmediate(() => (this.#endMs = null));
    return false;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise(resolve => setImmediate(resolve));
      const endMs = this.#now() + TURN_MS;
      do {
        this.#waiting[0]!();
        // By the next tick the promises have run out on which the work goes on, and it is known what it cost.
        await new Promise<void>(resolve => process.nextTick(resolve));
        this.#waiting.shift();
      } while (this.#waiting.length > 0 && this.#now() < endMs);
    }
  }
}
