import type { Timers } from '../../../ports/timers.ts';
import type { Partition, PartitionWatcher } from './partition.ts';

/** One fetch that waits until enough bytes came to its partitions, one of them fails, its time is over, or it is given up. */
export class FetchWait implements PartitionWatcher {
  readonly #partitions: readonly Partition[];
  readonly #enoughBytes: number;
  #wake: () => void = () => {};

  /** `enoughBytes` is the sum of the partitions' `committedBytes` that ends the wait. */
  constructor(partitions: readonly Partition[], enoughBytes: number) {
    this.#partitions = partitions;
    this.#enoughBytes = enoughBytes;
  }

  async until(timers: Timers, maxWaitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#enough()) return;
    let cancel = (): void => {};
    const woken = new Promise<void>(resolve => {
      this.#wake = resolve;
      cancel = timers.after(maxWaitMs, resolve);
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    for (const partition of this.#partitions) partition.watch(this);
    await woken;
    cancel();
    signal.removeEventListener('abort', this.#wake);
    for (const partition of this.#partitions) partition.unwatch(this);
  }

  progressed(partition: Partition): void {
    if (partition.offline !== null || this.#enough()) this.#wake();
  }

  #enough(): boolean {
    let bytes = 0;
    for (const partition of this.#partitions) bytes += partition.committedBytes;
    return bytes >= this.#enoughBytes;
  }
}
