import type { Durations } from '../../domain/model/metrics/durations.ts';
import type { Traffic } from '../../domain/model/metrics/traffic.ts';
import type { BrokerTotals, Quantiles, Totals } from '../../ports/metrics-page.ts';
import type { BrokerMetrics } from './broker-metrics.ts';

/** The totals of a broker that is measured. */
export class MeasuredTotals implements BrokerTotals {
  readonly #metrics: BrokerMetrics;
  readonly #traffic: Traffic;

  constructor(metrics: BrokerMetrics, traffic: Traffic) {
    this.#metrics = metrics;
    this.#traffic = traffic;
  }

  read(): Totals {
    const { messagesIn, bytesIn, bytesOut } = this.#traffic;
    const { p50Ms, p99Ms, maxMs } = this.#metrics.loopDelay.read();
    const { rss, heapUsed } = process.memoryUsage();
    let requests = 0;
    for (const [, durations] of this.#metrics.apis()) requests += durations.count;
    return {
      messagesIn,
      bytesIn,
      bytesOut,
      requests,
      connections: this.#metrics.connections.open,
      produce: quantilesOf(this.#metrics.requests('Produce')),
      fetch: quantilesOf(this.#metrics.requests('Fetch')),
      loopDelay: { p50Ms, p99Ms, maxMs },
      memory: { resident: rss, heapUsed },
    };
  }
}

function quantilesOf(durations: Durations): Quantiles | null {
  const p50Ms = durations.quantile(0.5);
  const p99Ms = durations.quantile(0.99);
  return p50Ms === null || p99Ms === null ? null : { p50Ms, p99Ms };
}
