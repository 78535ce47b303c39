import { DURATION_BOUNDS_MS, type Durations } from '../../domain/model/metrics/durations.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import { Family, label } from './exposition.ts';

/** Every second bucket: 10 us, 20, 50, ... 50 s. */
const SHOWN = DURATION_BOUNDS_MS.flatMap((ms, bucket) =>
  bucket % 2 === 0 ? [{ bucket, le: `le="${Number((ms / 1000).toPrecision(2))}"` }] : [],
);
/** Those of Kafka's histograms (CsvReporter's percentiles), as jmx_exporter writes them. */
const QUANTILES = ['0.50', '0.75', '0.95', '0.98', '0.99', '0.999'];
const SUMMARY_HELP = 'in milliseconds, over the last half to whole minute';

/**
 * Requests by API. Kafka's names are those that jmx_exporter's example (example_configs/kafka-2_0_0.yml) makes of the MBeans
 * kafka.network:type=RequestMetrics; a fetch counts as Fetch and as FetchConsumer there (RequestChannel.updateRequestMetrics).
 */
export function requestFamilies(metrics: BrokerMetrics): Family[] {
  const durations = new Family(
    'histogram',
    'hexlog_request_duration_seconds',
    'From the last byte of a request to its response; a fetch waits for records.',
  );
  const totalTime = new Family(
    'summary',
    'kafka_network_requestmetrics_totaltimems',
    `How long requests took, ${SUMMARY_HELP}.`,
  );
  const requests = new Family(
    'counter',
    'kafka_network_requestmetrics_requests_total',
    'Requests that were answered.',
  );
  for (const [api, taken] of metrics.apis()) {
    addHistogram(durations, label('api', api), taken);
    for (const request of api === 'Fetch' ? ['Fetch', 'FetchConsumer'] : [api]) {
      addSummary(totalTime, label('request', request), taken);
      requests.add(label('request', request), taken.count);
    }
  }
  return [durations, totalTime, requests];
}

/** How long the store takes; nothing is written, nor forced to a disk, by the engine `memory`. */
export function storageFamilies({ flushes, syncs }: BrokerMetrics, engine: string): Family[] {
  const flush = new Family(
    'histogram',
    'hexlog_storage_flush_seconds',
    'One write to the files or the database of the store.',
  );
  const sync = new Family(
    'histogram',
    'hexlog_storage_fsync_seconds',
    'One time that what was written was forced to the disk.',
  );
  // Kafka's LogFlushStats times LogSegment.flush, which is the fsync.
  const kafka = new Family(
    'summary',
    'kafka_log_logflushstats_logflushrateandtimems',
    `How long forcing to the disk took, ${SUMMARY_HELP}.`,
  );
  addHistogram(flush, label('engine', engine), flushes);
  addHistogram(sync, label('engine', engine), syncs);
  addSummary(kafka, '', syncs);
  return [flush, sync, kafka];
}

function addHistogram(family: Family, labels: string, durations: Durations): void {
  const cumulative = durations.cumulative();
  const { count } = durations;
  for (const { bucket, le } of SHOWN) family.add(`${labels},${le}`, cumulative[bucket]!, '_bucket');
  family.add(`${labels},le="+Inf"`, count, '_bucket');
  family.add(labels, durations.sumMs / 1000, '_sum');
  family.add(labels, count, '_count');
}

function addSummary(family: Family, labels: string, durations: Durations): void {
  const others = labels === '' ? '' : `${labels},`;
  for (const quantile of QUANTILES) {
    // Prometheus's clients say NaN where there was nothing to tell of.
    const ms = durations.quantile(Number(quantile)) ?? NaN;
    family.add(`${others}quantile="${quantile}"`, ms);
  }
  family.add(labels, durations.sumMs, '_sum');
  family.add(labels, durations.count, '_count');
}
