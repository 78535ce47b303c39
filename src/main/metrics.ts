import type { Container } from 'inversify';
import { BrokerMetrics } from '../adapters/observability/broker-metrics.ts';
import { MeasuredTotals } from '../adapters/observability/measured-totals.ts';
import { MeasureGroups } from '../domain/use-cases/measure-groups.ts';
import type { BrokerTotals, MetricsPage } from '../ports/metrics-page.ts';
import { NO_METRICS, type Metrics, type StorageMetrics } from '../ports/metrics.ts';
import type { Timers } from '../ports/timers.ts';
import type { BrokerOptions } from './broker-options.ts';
import { TOKENS as T } from './tokens.ts';

/** A broker without HTTP has nobody to tell, and measures nothing. */
export function brokerMetrics({ httpPort }: BrokerOptions, timers: Timers): Metrics {
  return httpPort === null ? NO_METRICS : new BrokerMetrics(timers);
}

/** What an engine is to be timed with, if it is. */
export function timed(metrics: Metrics): { readonly metrics?: StorageMetrics } {
  return metrics instanceof BrokerMetrics ? { metrics } : {};
}

/** A broker that is being measured. */
export interface Measuring {
  readonly page: MetricsPage;
  readonly totals: BrokerTotals;
  stop(): void;
}

/** Measures a broker that serves HTTP, to so many connections, until it is stopped. */
export async function startMeasuring(
  container: Container,
  httpConnections: () => number,
): Promise<Measuring> {
  const metrics = container.get(T.metrics);
  if (!(metrics instanceof BrokerMetrics)) throw new Error('this broker measures nothing');
  // A broker that serves none of it does not load it.
  const { PrometheusPage } = await import('../adapters/observability/prometheus-page.ts');
  const { storage, metricsMaxSeries } = container.get(T.options);
  const registry = await container.getAsync(T.partitions);
  const page = new PrometheusPage({
    metrics,
    census: await container.getAsync(T.census),
    httpConnections,
    groups: new MeasureGroups(await container.getAsync(T.groups)),
    engine: typeof storage === 'string' ? storage : 'custom',
    ...(metricsMaxSeries === undefined ? {} : { maxSeries: metricsMaxSeries }),
  });
  metrics.start();
  return {
    page,
    totals: new MeasuredTotals(metrics, registry.traffic),
    stop: () => metrics.stop(),
  };
}
