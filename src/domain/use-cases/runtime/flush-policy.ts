import type { Timers } from '../../../ports/timers.ts';
import type { PartitionRegistry } from './partition-registry.ts';

/** `acks-all` syncs before acks -1 is answered; `interval` syncs in the background; `never` leaves it to the operating system. */
export type FlushPolicyName = 'acks-all' | 'interval' | 'never';

/** When records are forced to disk (`flush.policy`, `flush.interval.ms`). */
export class FlushPolicy {
  readonly #name: () => FlushPolicyName;

  constructor(name: () => FlushPolicyName) {
    this.#name = name;
  }

  /** Whether a batch with these acks is answered only when it is on stable storage. */
  waitsForDisk(acks: number): boolean {
    return acks === -1 && this.#name() === 'acks-all';
  }

  /**
   * Syncs, every interval, what was written since the last sync: all of it as long as the policy is `interval`, else what has waited for
   * the `flush.ms` of its topic. Returns what ends it.
   */
  startBackground(
    registry: PartitionRegistry,
    timers: Timers,
    intervalMs: () => number,
  ): () => void {
    let cancel = (): void => {};
    const flush = (): void => {
      if (this.#name() === 'interval') registry.flush();
      else registry.flushDue();
      cancel = timers.after(intervalMs(), flush);
    };
    cancel = timers.after(intervalMs(), flush);
    return () => cancel();
  }
}
