import type { Clock } from '../../src/ports/clock.ts';
import type { Cancel, Timers } from '../../src/ports/timers.ts';

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** Time that passes only when a test says so. */
export class VirtualTime implements Clock, Timers {
  #now: number;
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): Cancel {
    const timer = { at: this.#now + ms, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass: timers that fall due run at their time, earliest first, those of one moment in the order they were set. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = end;
  }

  #next(end: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === null || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** Resolves when all that can happen without time or input has happened: every promise chain has run out. */
export function quiet(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** Whether a promise has been answered by now, nothing more being due to happen. */
export async function isAnswered(promise: Promise<unknown>): Promise<boolean> {
  let answered = false;
  const note = (): void => void (answered = true);
  promise.then(note, note);
  await quiet();
  return answered;
}
