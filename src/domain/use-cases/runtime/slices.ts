import type { Clock } from '../../../ports/clock.ts';
import type { Timers } from '../../../ports/timers.ts';

/** How many go on in one turn of the event loop: each of a hundred that join a large group at once costs some 3 ms. */
const PER_TURN = 8;

/** Lets those go on who have waited for the same thing, a few at a time and in their order, so that they do not stall the loop together. */
export class Slices {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #waiting: (() => void)[] = [];
  #sinceMs = 0;
  #goneOn = 0;

  constructor(clock: Clock, timers: Timers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Resolves when the caller may go on: at once for the first few, a turn later for every few after them. */
  async turn(): Promise<void> {
    const nowMs = this.#clock.now();
    if (nowMs !== this.#sinceMs && this.#waiting.length === 0) this.#goneOn = 0;
    this.#sinceMs = nowMs;
    if (this.#goneOn < PER_TURN) return void (this.#goneOn += 1);
    await new Promise<void>(resolve => {
      if (this.#waiting.push(resolve) === 1) this.#later();
    });
  }

  #later(): void {
    this.#timers.after(0, () => {
      for (const goOn of this.#waiting.splice(0, PER_TURN)) goOn();
      if (this.#waiting.length > 0) this.#later();
    });
  }
}
