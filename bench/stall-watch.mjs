import { openSync, readSync } from 'node:fs';

const EVERY_MS = 1;
/** Linux tells here how long the main thread has run and, behind that, how long it was ready and had no processor, in nanoseconds. */
const SCHEDULE = '/proc/self/schedstat';

/**
 * Watches for how long the event loop stands still: between two ticks of a timer, less the time in which other processes had the
 * processor, where that is known. What it waits for in a system call counts.
 */
export class StallWatch {
  #longestMs = 0;
  #timer = null;
  #tickedAt = 0;
  #waitedMs = 0;
  #schedule = openSchedule();
  #text = Buffer.alloc(100);

  begin() {
    this.#longestMs = 0;
    this.#tickedAt = performance.now();
    this.#waitedMs = this.#processorWaits();
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
  }

  /** The longest stall since `begin`, in milliseconds, one that is just ending included. */
  end() {
    this.#tick();
    clearInterval(this.#timer);
    return this.#longestMs;
  }

  #tick() {
    const now = performance.now();
    const waitedMs = this.#processorWaits();
    const stallMs = now - this.#tickedAt - (waitedMs - this.#waitedMs);
    this.#longestMs = Math.max(this.#longestMs, stallMs);
    this.#tickedAt = now;
    this.#waitedMs = waitedMs;
  }

  #processorWaits() {
    if (this.#schedule < 0) return 0;
    const bytes = readSync(this.#schedule, this.#text, 0, this.#text.length, 0);
    return Number(this.#text.toString('latin1', 0, bytes).split(' ')[1]) / 1e6;
  }
}

function openSchedule() {
  try {
    return openSync(SCHEDULE, 'r');
  } catch {
    return -1;
  }
}
