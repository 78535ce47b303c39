import { BrokerError } from '../model/error.ts';
import { batchesIn } from '../model/log/record-batch.ts';
import { contentBytes, type RecordView } from '../model/log/records.ts';
import type { Fetch } from './fetch.ts';
import { keptFrom, type BatchReader } from './runtime/batch-reader.ts';
import type { FetchAnswer } from './runtime/partition-read.ts';

export interface ReadQuery {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxRecords: number;
  /** How many bytes of batches to read, and of records to give: one that is larger is read and given all the same. */
  readonly maxBytes: number;
  /** How long to wait for a first record, in milliseconds. */
  readonly waitMs: number;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
}

export interface ReadOutcome {
  /** Their keys, values and headers may be views; whoever keeps one keeps its whole batch. */
  readonly records: readonly RecordView[];
  /** Where to go on, also where nothing was found for a while. */
  readonly nextOffset: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
}

/** Reads a page of one partition, record by record, for those who do not speak in batches. */
export class ReadRecords {
  readonly #fetch: Fetch;
  readonly #reader: BatchReader;

  constructor(fetch: Fetch, reader: BatchReader) {
    this.#fetch = fetch;
    this.#reader = reader;
  }

  /** Rejects with the BrokerError of the partition, such as UNKNOWN_TOPIC_OR_PARTITION or OFFSET_OUT_OF_RANGE. */
  async execute(query: ReadQuery): Promise<ReadOutcome> {
    const { topic, partition } = query;
    const answer = await this.#answer(query);
    if (answer.error !== null) {
      const what = `offset ${query.offset} of partition ${partition} of ${topic}`;
      throw new BrokerError(answer.error, `${what} cannot be read: ${answer.error}`);
    }
    const { logStartOffset, highWatermark } = answer;
    return { ...(await this.#page(answer.records, query)), logStartOffset, highWatermark };
  }

  async #answer(query: ReadQuery): Promise<FetchAnswer> {
    const { topic, partition, offset: fetchOffset, maxBytes, waitMs, signal } = query;
    const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const wanted = { topic, topicId: null, partition, fetchOffset, maxBytes, ...epochs };
    const { answers } = await this.#fetch.execute({
      session: {
        sessionId: 0,
        sessionEpoch: -1,
        partitions: [wanted],
        forgotten: [],
        usesTopicIds: false,
      },
      maxWaitMs: waitMs,
      minBytes: 1,
      maxBytes,
      allocate: bytes => Buffer.allocUnsafe(bytes),
      signal,
    });
    return answers[0]!;
  }

  async #page(
    bytes: Buffer,
    { offset, maxRecords, maxBytes }: ReadQuery,
  ): Promise<{ records: RecordView[]; nextOffset: number }> {
    const records: RecordView[] = [];
    // Batches may be inflated to a thousand times what was read.
    let given = 0;
    let nextOffset = offset;
    for (const batch of batchesIn(bytes)) {
      for (const record of await this.#reader.open(batch)) {
        if (record.offset < offset) continue;
        const isFull = records.length >= maxRecords || (given >= maxBytes && records.length > 0);
        if (isFull) return { records, nextOffset };
        records.push(keptFrom(batch, record));
        given += contentBytes(record);
        nextOffset = record.offset + 1;
      }
      nextOffset = batch.nextOffset;
    }
    return { records, nextOffset };
  }
}
