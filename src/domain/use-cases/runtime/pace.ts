import type { Clock } from '../../../ports/clock.ts';
import type { Timers } from '../../../ports/timers.ts';

/** How long background work may hold the event loop, and how long it then leaves it to others. */
const SLICE_MS = 4;
const PAUSE_MS = 4;
/** Shorter debts of time are not worth a timer. */
const DEBT_MS_MIN = 10;
/** How long it sleeps before it looks again what it owes: the rate may be another one by then. */
const SLEEP_MS_MAX = 1000;

/** The work was told to stop. */
export class StoppedError extends Error {
  constructor() {
    super('the broker stops');
    this.name = 'StoppedError';
  }
}

/** Paces background work: a slice of the event loop at a time, and so many bytes a second. */
export class Pace {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #bytesPerSecond: () => number;
  #sliceBegan: number;
  #owedBytes = 0;
  #isStopped = false;
  #wake = (): void => {};

  constructor(clock: Clock, timers: Timers, bytesPerSecond: () => number) {
    this.#clock = clock;
    this.#timers = timers;
    this.#bytesPerSecond = bytesPerSecond;
    this.#sliceBegan = clock.now();
  }

  /** Counts bytes that were read or written. */
  spend(bytes: number): void {
    this.#owedBytes += bytes;
  }

  /** Others have run: the work waited for something. */
  rested(): void {
    this.#sliceBegan = this.#clock.now();
  }

  /** Goes through `steps` to the end. Rejects with a StoppedError. */
  async through<T>(steps: Generator<void, T>): Promise<T> {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      await this.breathe();
    }
  }

  /** Lets others run when it is time to. Throws, or rejects with, a StoppedError. */
  breathe(): Promise<void> | undefined {
    if (this.#isStopped) throw new StoppedError();
    const heldMs = this.#clock.now() - this.#sliceBegan;
    // Less than nothing is a clock that was put back: how long it really was is not known.
    const isOver = heldMs >= SLICE_MS || heldMs < 0;
    return isOver || this.#debtMs >= DEBT_MS_MIN ? this.#pause() : undefined;
  }

  /** Ends the work at its next breath, and wakes it. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  get #debtMs(): number {
    return (this.#owedBytes / this.#bytesPerSecond()) * 1000;
  }

  async #pause(): Promise<void> {
    do {
      const ms = Math.min(SLEEP_MS_MAX, Math.max(PAUSE_MS, this.#debtMs));
      await this.#sleep(ms);
      const paidBytes = (ms / 1000) * this.#bytesPerSecond();
      this.#owedBytes = Math.max(0, this.#owedBytes - paidBytes);
    } while (!this.#isStopped && this.#debtMs >= DEBT_MS_MIN);
    this.rested();
    if (this.#isStopped) throw new StoppedError();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
