import { Registry } from 'prom-client';
import type { MeasureGroups } from '../../domain/use-cases/measure-groups.ts';
import type { PartitionCensus } from '../../domain/use-cases/runtime/partition-census.ts';
import type { MetricsPage } from '../../ports/metrics-page.ts';
import { BrokerGauges } from './broker-gauges.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import { PageBudget } from './exposition.ts';
import { groupFamilies } from './group-families.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { requestFamilies, storageFamilies } from './request-families.ts';
import { topicFamilies } from './topic-families.ts';

export interface PrometheusPageParts {
  readonly metrics: BrokerMetrics;
  readonly census: PartitionCensus;
  readonly groups: MeasureGroups;
  /** How many clients speak HTTP now. */
  readonly httpConnections: () => number;
  /** The storage engine, for people. */
  readonly engine: string;
  /**
   * The most series of partitions on a page; what is beyond is left out, and counted. Sums by topic and by group are told all the
   * same: a page without them would be blind.
   */
  readonly maxSeries?: number;
}

/** Some 20 MB of text: beyond it a scrape costs more than it tells. */
const MAX_SERIES = 200_000;
/** How long a scrape may be held up by logs that were not opened since the start; Prometheus waits for 10 s. */
const OPENING_MS = 1000;
/** What is shorter goes out in one piece. */
const ONE_PIECE_CHARS = 256 * 1024;

/** The page of one broker for Prometheus, over a registry of its own: two brokers in one process do not meet. */
export class PrometheusPage implements MetricsPage {
  readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #parts: PrometheusPageParts;
  readonly #registry = new Registry();
  readonly #gauges: BrokerGauges;
  #rendering: Promise<readonly string[]> | null = null;

  constructor(parts: PrometheusPageParts) {
    this.#parts = parts;
    this.#gauges = new BrokerGauges(this.#registry, {
      kafka: parts.metrics.connections,
      http: parts.httpConnections,
    });
    addProcessMetrics(this.#registry, parts.metrics.loopDelay);
  }

  async render(): Promise<string | AsyncIterable<string>> {
    this.#rendering ??= this.#render().finally(() => (this.#rendering = null));
    const pieces = await this.#rendering;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return length <= ONE_PIECE_CHARS ? pieces.join('') : oneByOne(pieces);
  }

  async #render(): Promise<readonly string[]> {
    const { metrics, census, groups, engine, maxSeries = MAX_SERIES } = this.#parts;
    const budget = new PageBudget(maxSeries);
    await census.openUnopened(OPENING_MS);
    const topics = await topicFamilies(census, budget);
    const ofGroups = await groupFamilies(groups, census, budget);
    this.#gauges.set(topics, budget.dropped);
    const small = await this.#registry.metrics();
    const families = [
      ...requestFamilies(metrics),
      ...storageFamilies(metrics, engine),
      ...topics.families,
      ...ofGroups,
    ];
    return [small, ...families.flatMap(family => family.pieces())];
  }
}

async function* oneByOne(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}
