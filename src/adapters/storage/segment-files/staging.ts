import type { Clock } from '../../../ports/clock.ts';

export const STAGING_BYTES = 64 * 1024;
const KEPT_MAX = 256;
/** How long the store writes in the background after a slow write. */
const SLOW_FOR_MS = 1000;

/** Buffers in which logs gather small batches until the flush. */
export class StagingPool {
  readonly #free: Buffer[] = [];

  borrow(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(STAGING_BYTES);
  }

  /** Takes back what was borrowed; buffers of other sizes are let go. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === STAGING_BYTES && this.#free.length < KEPT_MAX) this.#free.push(buffer);
  }
}

/**
 * Knows whether the disk is slow: then writes go through the thread pool, so that it is not the event loop that waits. A write
 * on the loop costs a tenth of one through the pool, so this is for as long as it is needed only.
 */
export class WritePace {
  readonly #clock: Clock;
  readonly #slowWriteMs: number;
  #slowUntil = 0;

  constructor(clock: Clock, slowWriteMs: number) {
    this.#clock = clock;
    this.#slowWriteMs = slowWriteMs;
  }

  isSlow(): boolean {
    return this.#slowUntil !== 0 && this.#clock.now() < this.#slowUntil;
  }

  measure(write: () => void): void {
    const began = this.#clock.now();
    write();
    const ended = this.#clock.now();
    if (ended - began > this.#slowWriteMs) this.#slowUntil = ended + SLOW_FOR_MS;
  }
}
