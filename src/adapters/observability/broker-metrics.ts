import { performance } from 'node:perf_hooks';
import { Durations } from '../../domain/model/metrics/durations.ts';
import type { ConnectionCounts, Metrics } from '../../ports/metrics.ts';
import type { Cancel, Timers } from '../../ports/timers.ts';
import { LoopDelay } from './loop-delay.ts';

/** Quantiles are of the last one to two of these. */
const PERIOD_MS = 30_000;

/** What is measured of one broker, for as long as it runs. */
export class BrokerMetrics implements Metrics {
  readonly flushes = new Durations();
  readonly syncs = new Durations();
  readonly connections: ConnectionCounts = { open: 0, opened: 0 };
  readonly loopDelay = new LoopDelay();
  readonly #requests = new Map<string, Durations>();
  readonly #timers: Timers;
  #cancel: Cancel = () => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  readonly nowMs = (): number => performance.now();

  requests(api: string): Durations {
    let durations = this.#requests.get(api);
    if (durations === undefined) this.#requests.set(api, (durations = new Durations()));
    return durations;
  }

  /** Every API that was asked for once, with how long its requests took. */
  apis(): Iterable<[string, Durations]> {
    return [...this.#requests].filter(([, durations]) => durations.count > 0);
  }

  start(): void {
    this.loopDelay.start();
    this.#schedule();
  }

  stop(): void {
    this.#cancel();
    this.loopDelay.stop();
  }

  #schedule(): void {
    this.#cancel = this.#timers.after(PERIOD_MS, () => {
      for (const durations of this.#requests.values()) durations.turn();
      this.syncs.turn();
      this.flushes.turn();
      this.loopDelay.turn();
      this.#schedule();
    });
  }
}
