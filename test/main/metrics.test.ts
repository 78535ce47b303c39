import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startBroker, type Broker } from '../../src/main/start-broker.ts';
import { ENGINES, testBroker } from '../support/broker.ts';
import { MetricsText } from '../support/metrics-page.ts';
import { kafkaJs } from '../clients/support/kafkajs.ts';

const BYTES = { topic: 'orders', partition: '0' };

async function scrape(url: string | null): Promise<MetricsText> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return new MetricsText(await response.text());
}

/** Ten records to `orders`, which has two partitions, and a group that has read six of them. */
async function traffic({ bootstrap }: { readonly bootstrap: string }): Promise<void> {
  const kafka = kafkaJs(bootstrap);
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2 }] });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 10 }, (_, i) => ({ value: `order ${i}`, partition: 0 }));
  await producer.send({ topic: 'orders', messages });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'billing "A"', maxWaitTimeInMs: 20 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ message }) => {
          if (message.offset === '9') resolve();
        },
      })
      .catch(reject);
  });
  await consumer.commitOffsets([{ topic: 'orders', partition: 0, offset: '6' }]);
  await consumer.disconnect();
  await admin.disconnect();
}

async function measuredBroker(): Promise<Broker> {
  const broker = await startBroker({ httpPort: 0 });
  await traffic(broker);
  return broker;
}

describe('the metrics of a broker', () => {
  test('tell what topics took and gave, one by one and together', async () => {
    await using broker = await measuredBroker();
    const page = await scrape(broker.http);
    const count = (name: string, labels = {}): number =>
      page.value(`kafka_server_brokertopicmetrics_${name}_total`, labels);
    expect(count('messagesin', { topic: 'orders' })).toBe(10);
    expect(count('bytesin', { topic: 'orders' })).toBe(page.value('kafka_log_log_size', BYTES));
    expect(count('bytesout', { topic: 'orders' })).toBe(count('bytesin', { topic: 'orders' }));
    expect(count('totalproducerequests', { topic: 'orders' })).toBe(1);
    expect(count('failedproducerequests')).toBe(0);
    // The group's own records are the other topic's.
    const offsets = count('messagesin', { topic: '__consumer_offsets' });
    expect(offsets).toBeGreaterThan(0);
    expect(count('messagesin')).toBe(10 + offsets);
  });

  test('tell offsets, as kafka_exporter does', async () => {
    await using broker = await measuredBroker();
    const page = await scrape(broker.http);
    expect(page.value('kafka_brokers')).toBe(1);
    expect(page.value('kafka_topic_partitions', { topic: 'orders' })).toBe(2);
    expect(page.value('kafka_topic_partition_current_offset', BYTES)).toBe(10);
    expect(page.value('kafka_topic_partition_oldest_offset', BYTES)).toBe(0);
    const group = { consumergroup: 'billing "A"', topic: 'orders' };
    expect(page.value('kafka_consumergroup_current_offset', { ...group, partition: '0' })).toBe(6);
    expect(page.value('kafka_consumergroup_current_offset', { ...group, partition: '1' })).toBe(-1);
    expect(page.value('kafka_consumergroup_lag', { ...group, partition: '0' })).toBe(4);
    expect(page.value('kafka_consumergroup_lag', { ...group, partition: '1' })).toBe(-1);
    expect(page.value('kafka_consumergroup_lag_sum', group)).toBe(4);
    expect(page.value('kafka_consumergroup_current_offset_sum', group)).toBe(6);
    expect(page.value('kafka_consumergroup_members', { consumergroup: 'billing "A"' })).toBe(0);
  });

  test('tell how long requests took, by API', async () => {
    await using broker = await measuredBroker();
    const page = await scrape(broker.http);
    const taken = 'hexlog_request_duration_seconds';
    expect(page.types.get(taken)).toBe('histogram');
    const buckets = page.find(`${taken}_bucket`, { api: 'Produce' });
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    expect(buckets.at(-1)).toBe(1);
    expect(page.value(`${taken}_count`, { api: 'Produce' })).toBe(1);
    expect(page.value(`${taken}_sum`, { api: 'Produce' })).toBeGreaterThan(0);
    const p99 = { request: 'Produce', quantile: '0.99' };
    expect(page.value('kafka_network_requestmetrics_totaltimems', p99)).toBeGreaterThan(0);
    const requests = (request: string): number =>
      page.value('kafka_network_requestmetrics_requests_total', { request });
    expect(requests('Fetch')).toBeGreaterThan(0);
    expect(requests('FetchConsumer')).toBe(requests('Fetch'));
  });

  test('tell who is connected, and how the process does', async () => {
    await using broker = await startBroker({ httpPort: 0 });
    const admin = kafkaJs(broker.bootstrap).admin();
    await admin.connect();
    const open = { listener: 'PLAINTEXT' };
    const name = 'kafka_server_socketservermetrics_connection_count';
    const page = await scrape(broker.http);
    const connected = page.value(name, open);
    expect(connected).toBeGreaterThan(0);
    expect(page.value(name, { listener: 'HTTP' })).toBeGreaterThan(0);
    expect(page.value('hexlog_connections_total')).toBeGreaterThanOrEqual(connected);
    expect(page.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(page.value('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(page.find('nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
    await admin.disconnect();
  });

  test('of two brokers in one process do not mix', async () => {
    await using measured = await measuredBroker();
    await using idle = await startBroker({ httpPort: 0 });
    const name = 'kafka_server_brokertopicmetrics_messagesin_total';
    expect((await scrape(idle.http)).value(name)).toBe(0);
    expect((await scrape(measured.http)).value(name)).toBeGreaterThan(0);
  });

  test('forget a topic that is deleted, and not what went through it', async () => {
    await using broker = await measuredBroker();
    const admin = kafkaJs(broker.bootstrap).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: ['orders'] });
    await admin.disconnect();
    const page = await scrape(broker.http);
    const name = 'kafka_server_brokertopicmetrics_messagesin_total';
    expect(page.samples.filter(({ labels }) => labels['topic'] === 'orders')).toEqual([]);
    expect(page.value(name)).toBeGreaterThanOrEqual(10);
  });

  test('leave out series of partitions for which there is no room, and count them', async () => {
    await using broker = await startBroker({ httpPort: 0, metricsMaxSeries: 4 });
    await traffic(broker);
    const page = await scrape(broker.http);
    const told = ['kafka_topic_partition_current_offset', 'kafka_consumergroup_lag'];
    const partitions = page.samples.filter(({ labels }) => labels['partition'] !== undefined);
    expect(partitions.length).toBeLessThanOrEqual(4);
    expect(told.flatMap(name => page.find(name)).length).toBeGreaterThan(0);
    expect(page.value('hexlog_metrics_dropped_series')).toBeGreaterThan(0);
    // Totals are told all the same.
    expect(page.find('kafka_consumergroup_lag_sum')).toEqual([4]);
  });

  test('are one page for those who ask at once, also when it comes in pieces', async () => {
    await using broker = await startBroker({ httpPort: 0 });
    const admin = kafkaJs(broker.bootstrap).admin();
    await admin.connect();
    const topics = Array.from({ length: 20 }, (_, i) => ({ topic: `t${i}`, numPartitions: 100 }));
    await admin.createTopics({ topics });
    await admin.disconnect();
    const pages = await Promise.all([1, 2, 3].map(() => scrape(broker.http)));
    for (const page of pages) {
      expect(page.find('kafka_topic_partition_current_offset')).toHaveLength(2000);
    }
    // Its CPU time would differ.
    const times = pages.map(page => page.value('process_cpu_seconds_total'));
    expect(new Set(times).size).toBe(1);
  });

  test('are not served by a broker that serves no HTTP', async () => {
    await using broker = await startBroker();
    expect(broker.http).toBeNull();
  });
});

describe.each(ENGINES)('the storage metrics of %s', engine => {
  test('tell writes and syncs', async () => {
    await using broker = await testBroker({ storage: engine, httpPort: 0 });
    await traffic(broker);
    const page = await scrape(broker.http);
    const count = (name: string): number =>
      page.value(`hexlog_storage_${name}_seconds_count`, { engine });
    if (engine === 'memory') expect([count('flush'), count('fsync')]).toEqual([0, 0]);
    else {
      expect(count('flush')).toBeGreaterThan(0);
      expect(count('fsync')).toBeGreaterThan(0);
      const forced = page.value('kafka_log_logflushstats_logflushrateandtimems_count');
      expect(forced).toBe(count('fsync'));
    }
  });

  test('offsets and lags are told after a restart, before anybody reads', async () => {
    if (engine === 'memory') return;
    await using broker = await testBroker({ storage: engine, httpPort: 0 });
    await traffic(broker);
    await broker.restart();
    const page = await scrape(broker.http);
    expect(page.value('kafka_topic_partition_current_offset', BYTES)).toBe(10);
    expect(page.find('kafka_consumergroup_lag_sum')).toEqual([4]);
  });
});

describe('the Grafana dashboard', () => {
  const text = readFileSync(new URL('../../deploy/grafana/hexlog.json', import.meta.url), 'utf8');
  const queries = [...text.matchAll(/"(?:expr|definition)": "((?:[^"\\]|\\.)*)"/g)].map(
    ([, query]) => query!,
  );

  test('asks for names that a broker gives', async () => {
    await using broker = await measuredBroker();
    const { names } = await scrape(broker.http);
    const asked = new Set(
      queries.flatMap(query => query.match(/\b(?:kafka|hexlog|process|nodejs)_\w+/g) ?? []),
    );
    expect(asked.size).toBeGreaterThan(25);
    expect([...asked].filter(name => !names.has(name))).toEqual([]);
  });

  test('has one panel at one place, and something in each', () => {
    const { panels } = JSON.parse(text) as { panels: Panel[] };
    const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`);
    expect(new Set(places).size).toBe(panels.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { type, targets } of panels) {
      if (type !== 'row') expect(targets?.length).toBeGreaterThan(0);
    }
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number };
  readonly targets?: readonly unknown[];
}
