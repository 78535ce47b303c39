import { expect, test } from 'vitest';
import { BrokerMetrics } from '../../../src/adapters/observability/broker-metrics.ts';
import { MeasuredTotals } from '../../../src/adapters/observability/measured-totals.ts';
import { Traffic } from '../../../src/domain/model/metrics/traffic.ts';
import { NO_METRICS } from '../../../src/ports/metrics.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

test('quantiles are of the last half to whole minute', () => {
  const time = new VirtualTime();
  const metrics = new BrokerMetrics(time);
  metrics.start();
  metrics.requests('Produce').observe(3);
  const totals = new MeasuredTotals(metrics, new Traffic());
  expect(totals.read().produce?.p99Ms).toBeCloseTo(3, 0);
  expect(totals.read().fetch).toBeNull();
  time.advance(30_000);
  expect(totals.read().produce).not.toBeNull();
  time.advance(30_000);
  expect(totals.read()).toMatchObject({ produce: null, requests: 1 });
  metrics.stop();
});

test('nothing is left behind by a broker that stops', () => {
  const time = new VirtualTime();
  const metrics = new BrokerMetrics(time);
  metrics.start();
  expect(time.pending).toBe(1);
  metrics.stop();
  expect(time.pending).toBe(0);
});

test('one object counts all requests of an API', () => {
  const metrics = new BrokerMetrics(new VirtualTime());
  expect(metrics.requests('Fetch')).toBe(metrics.requests('Fetch'));
  expect([...metrics.apis()]).toEqual([]);
  metrics.requests('Fetch').observe(1);
  expect([...metrics.apis()].map(([api]) => api)).toEqual(['Fetch']);
});

test('a broker that is not measured keeps nothing', () => {
  const durations = NO_METRICS.requests('Produce');
  durations.observe(1);
  expect(durations.count).toBe(0);
  expect(NO_METRICS.nowMs()).toBe(0);
});
