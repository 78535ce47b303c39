import { setImmediate } from 'node:timers/promises';

/** Work between two pauses: a block of zstd, 1 to 3 ms. */
const WORK_BETWEEN_PAUSES = 128 * 1024;

/** Keeps long work on the event loop from stalling it: others get a turn after each 128 KiB of work. */
export class Pace {
  #work = 0;

  /** Notes work done, in bytes or what takes as long; true when it is time to `await pause()`. */
  isDue(work: number): boolean {
    this.#work += work;
    return this.#work >= WORK_BETWEEN_PAUSES;
  }

  async pause(): Promise<void> {
    this.#work = 0;
    await setImmediate();
  }
}
