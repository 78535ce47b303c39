import type { Topic } from '../model/topic/topic.ts';
import type { PartitionCensus, PartitionFacts } from './runtime/partition-census.ts';

/** A topic in figures. */
export interface TopicSummary {
  readonly name: string;
  readonly internal: boolean;
  readonly partitions: number;
  /** Offsets that are kept; null until every log of the topic is open, and where one cannot be. */
  readonly records: number | null;
  /** Offsets that were ever given, which only grow; null as `records`. */
  readonly recordsEver: number | null;
  readonly sizeInBytes: number;
}

/** How long logs are opened for one answer: after a start it is asked a few times until all figures are there. */
const OPENING_MS = 500;

/** Sums up all topics, for people who look at a broker again and again. */
export class SummarizeTopics {
  readonly #census: PartitionCensus;

  constructor(census: PartitionCensus) {
    this.#census = census;
  }

  /** In the order of their names. A log that cannot be opened leaves its topic's figures unknown. */
  async execute(): Promise<TopicSummary[]> {
    await this.#census.openUnopened(OPENING_MS);
    const topics = [...this.#census.topics.topics()];
    return topics
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(topic => this.#summary(topic));
  }

  #summary(topic: Topic): TopicSummary {
    const { name, internal, partitionCount: partitions } = topic;
    const indices = Array.from({ length: partitions }, (_, index) => index);
    const facts = indices.map(index => this.#census.find(topic, index));
    const known = facts.filter((one): one is PartitionFacts => one !== null);
    const isKnown = known.length === partitions;
    const end = sum(known.map(({ highWatermark }) => highWatermark));
    const start = sum(known.map(({ logStartOffset }) => logStartOffset));
    return {
      ...{ name, internal, partitions },
      sizeInBytes: sum(indices.map(index => this.#census.sizeOf(topic, index))),
      records: isKnown ? Math.max(0, end - start) : null,
      recordsEver: isKnown ? end : null,
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
