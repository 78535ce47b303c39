import { BrokerError, type ErrorName } from '../model/error.ts';
import { batchesIn } from '../model/log/record-batch.ts';
import type { RecordView } from '../model/log/records.ts';
import type { RecordFilter } from '../model/record-filter.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Timers } from '../../ports/timers.ts';
import type { Fetch } from './fetch.ts';
import { keptFrom, type BatchReader } from './runtime/batch-reader.ts';
import { Pace } from './runtime/pace.ts';
import type { FetchAnswer } from './runtime/partition-read.ts';
import type { TopicDirectory } from './runtime/partition-registry.ts';
import type { Positions, StartPoint, StartPositions } from './runtime/start-positions.ts';

export interface TailQuery {
  readonly topic: string;
  /** Null for all, those that come later included. */
  readonly partitions: readonly number[] | null;
  readonly from: StartPoint;
  /** Null for every record. */
  readonly filter: RecordFilter | null;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/**
 * First where reading begins; then records, in order within each partition; and `live` each time that all there was has been read, with
 * where reading goes on.
 */
export type TailItem =
  | { readonly kind: 'started'; readonly positions: Positions }
  | { readonly kind: 'record'; readonly partition: number; readonly record: RecordView }
  | { readonly kind: 'live'; readonly positions: Positions };

/** One reader, as far as it has come; partitions that were read go to the end of the line. */
interface Tail {
  readonly topic: Topic;
  readonly query: TailQuery;
  readonly positions: Map<number, number>;
  readonly pace: Pace;
  isLive: boolean;
}

/** What one reader takes from the logs at a time, and of one of them; one batch that is larger is read all the same. */
const FETCH_BYTES = 512 * 1024;
const PARTITION_BYTES = 256 * 1024;
/** So soon a new partition is noticed. */
const WAIT_MS = 1000;

/**
 * Follows a topic for as long as somebody reads. Whoever reads pulls: no more than one fetch is ahead of them, in which one batch at a
 * time is inflated. A reader that falls behind the log's start goes on there.
 */
export class TailTopic {
  readonly #topics: TopicDirectory;
  readonly #fetch: Fetch;
  readonly #starts: StartPositions;
  readonly #reader: BatchReader;
  readonly #clock: Clock;
  readonly #timers: Timers;

  constructor(options: {
    topics: TopicDirectory;
    fetch: Fetch;
    starts: StartPositions;
    reader: BatchReader;
    clock: Clock;
    timers: Timers;
  }) {
    this.#topics = options.topics;
    this.#fetch = options.fetch;
    this.#starts = options.starts;
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#timers = options.timers;
  }

  /**
   * Ends when the signal is aborted. Rejects with a BrokerError: before the first item when there is no such topic or partition, later
   * when the topic is deleted, a batch is damaged, or the broker stops.
   */
  async *execute(query: TailQuery): AsyncGenerator<TailItem, void, undefined> {
    const tail = await this.#begin(query);
    yield { kind: 'started', positions: new Map(tail.positions) };
    while (!query.signal.aborted) {
      const answers = await this.#next(tail);
      for (const answer of answers) yield* this.#records(tail, answer);
      if (query.signal.aborted) return;
      const wasLive = tail.isLive;
      tail.isLive = isCaughtUp(tail, answers);
      if (tail.isLive && !wasLive) yield { kind: 'live', positions: new Map(tail.positions) };
    }
  }

  async #begin(query: TailQuery): Promise<Tail> {
    const topic = this.#topics.topicNamed(query.topic);
    if (topic === undefined) {
      throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${query.topic}`);
    }
    const partitions =
      query.partitions ?? Array.from({ length: topic.partitionCount }, (_, at) => at);
    const missing = partitions.find(at => at < 0 || at >= topic.partitionCount);
    if (missing !== undefined) {
      const message = `${topic.name} has no partition ${missing}`;
      throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message);
    }
    const positions = await this.#starts.of(topic, partitions, query.from);
    const pace = new Pace(this.#clock, this.#timers, () => Infinity);
    return { topic, query, positions, pace, isLive: false };
  }

  async #next(tail: Tail): Promise<readonly FetchAnswer[]> {
    const { topic, query, positions } = tail;
    if (query.partitions === null) {
      for (let at = positions.size; at < topic.partitionCount; at++) positions.set(at, 0);
    }
    const partitions = Array.from(positions, ([partition, fetchOffset]) => ({
      topic: null,
      topicId: topic.id,
      partition,
      fetchOffset,
      maxBytes: PARTITION_BYTES,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    }));
    const { answers } = await this.#fetch.execute({
      session: { sessionId: 0, sessionEpoch: -1, partitions, forgotten: [], usesTopicIds: true },
      maxWaitMs: tail.isLive ? WAIT_MS : 0,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      allocate: bytes => Buffer.allocUnsafe(bytes),
      signal: query.signal,
    });
    tail.pace.rested();
    return answers;
  }

  async *#records(tail: Tail, answer: FetchAnswer): AsyncGenerator<TailItem, void, undefined> {
    const { positions, query, pace } = tail;
    const { partition, error, records } = answer;
    if (error !== null) return this.#mend(tail, partition, error);
    if (records.length === 0) return;
    const from = positions.get(partition)!;
    // To the end of the line, so that a full partition does not keep the others from their turn.
    positions.delete(partition);
    positions.set(partition, from);
    for (const batch of batchesIn(records)) {
      for (const record of await this.#reader.open(batch)) {
        if (query.signal.aborted) return;
        const rest = pace.breathe();
        if (rest !== undefined) await rest;
        if (record.offset < from || !(query.filter?.matches(record) ?? true)) continue;
        yield { kind: 'record', partition, record: keptFrom(batch, record) };
      }
      positions.set(partition, batch.nextOffset);
    }
    if (positions.get(partition)! <= from) throw unreadable(tail, partition, 'CORRUPT_MESSAGE');
  }

  /** Records that retention took before they were read are passed over; anything else ends the reading. */
  async #mend(tail: Tail, partition: number, error: ErrorName): Promise<void> {
    if (error !== 'OFFSET_OUT_OF_RANGE') throw unreadable(tail, partition, error);
    const from = { offset: tail.positions.get(partition)! };
    const mended = await this.#starts.of(tail.topic, [partition], from);
    tail.positions.set(partition, mended.get(partition)!);
  }
}

function isCaughtUp({ positions }: Tail, answers: readonly FetchAnswer[]): boolean {
  if (answers.some(({ error }) => error !== null)) return false;
  const isEmpty = answers.every(({ recordBytes }) => recordBytes === 0);
  return isEmpty || answers.every(one => positions.get(one.partition)! >= one.highWatermark);
}

/** The topic is asked for by its id; its name is what the reader knows. */
function unreadable({ topic }: Tail, partition: number, error: ErrorName): BrokerError {
  const name = error === 'UNKNOWN_TOPIC_ID' ? 'UNKNOWN_TOPIC_OR_PARTITION' : error;
  return new BrokerError(name, `partition ${partition} of ${topic.name} cannot be read: ${name}`);
}
