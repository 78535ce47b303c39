import type { Timers } from '../../../ports/timers.ts';

/** One reader that waits until its group gives it partitions, its time is over, or it is given up. */
export class AssignmentWait {
  #wake: () => void = () => {};

  async begin(timers: Timers, waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || waitMs === 0) return;
    let cancel = (): void => {};
    const woken = new Promise<void>(resolve => {
      this.#wake = resolve;
      cancel = timers.after(waitMs, resolve);
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    await woken;
    cancel();
    signal.removeEventListener('abort', this.#wake);
  }

  end(): void {
    this.#wake();
  }
}
