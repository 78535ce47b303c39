import { BrokerError } from '../model/error.ts';
import type { RecordView } from '../model/log/records.ts';
import type { ReadRecords } from './read-records.ts';
import type { TopicDirectory } from './runtime/partition-registry.ts';
import type { StartPositions } from './runtime/start-positions.ts';

export interface BrowseQuery {
  readonly topic: string;
  readonly partition: number;
  /** `end` stands for the last page; an offset that the log does not have for the nearest one that it has. */
  readonly from: 'start' | 'end' | { readonly offset: number } | { readonly timestamp: number };
  /** The most records of a page. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface BrowsedPage {
  readonly records: readonly RecordView[];
  /** Where the page begins, whether there is a record or not, and where the next one does. */
  readonly fromOffset: number;
  readonly nextOffset: number;
  readonly startOffset: number;
  readonly endOffset: number;
}

/** What is read for a page; one batch that is larger is read all the same. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** Turns the pages of a partition, for people. */
export class BrowseRecords {
  readonly #topics: TopicDirectory;
  readonly #starts: StartPositions;
  readonly #readRecords: ReadRecords;

  constructor(topics: TopicDirectory, starts: StartPositions, readRecords: ReadRecords) {
    this.#topics = topics;
    this.#starts = starts;
    this.#readRecords = readRecords;
  }

  /** A page has fewer records than `limit` where they are large or some are gone. Rejects with the BrokerError of the partition. */
  async execute(query: BrowseQuery): Promise<BrowsedPage> {
    const fromOffset = await this.#fromOffset(query);
    const { topic, partition, limit, signal } = query;
    const { records, nextOffset, logStartOffset, highWatermark } = await this.#readRecords.execute({
      ...{ topic, partition, offset: fromOffset, signal },
      ...{ maxRecords: limit, maxBytes: PAGE_BYTES, waitMs: 0 },
    });
    const bounds = { startOffset: logStartOffset, endOffset: highWatermark };
    return { records, fromOffset, nextOffset, ...bounds };
  }

  async #fromOffset({ topic: name, partition, from, limit }: BrowseQuery): Promise<number> {
    const topic = this.#topics.topicNamed(name);
    if (!topic) throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`);
    const place = async (point: BrowseQuery['from']): Promise<number> => {
      return (await this.#starts.of(topic, [partition], point)).get(partition)!;
    };
    return from === 'end' ? place({ offset: (await place('end')) - limit }) : place(from);
  }
}
