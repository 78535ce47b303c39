import { BrokerError, type ErrorName } from '../model/error.ts';
import type {
  FetchContext,
  FetchSessionCache,
  FetchSessionRequest,
} from '../model/fetch/fetch-session-cache.ts';
import type { FetchPartition, FetchedPartition } from '../model/fetch/fetch-session.ts';
import { UNDEFINED_OFFSET } from '../model/log/leader-epochs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Allocate } from '../../ports/log-storage.ts';
import type { Timers } from '../../ports/timers.ts';
import { FetchWait } from './runtime/fetch-wait.ts';
import { leaderEpochError } from './runtime/leader-epoch-error.ts';
import type { Partition } from './runtime/partition.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import { storageErrorName } from './runtime/storage-errors.ts';

export interface FetchCommand {
  readonly session: FetchSessionRequest;
  /** How long to wait for `minBytes`, in milliseconds. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Where the records are read to; they belong to the caller. */
  readonly allocate: Allocate;
  /** Ends the wait early: the client is gone, or the broker stops. */
  readonly signal: AbortSignal;
}

/** Where the client's log and ours part, so that it can truncate (KIP-595). */
export interface Divergence {
  readonly epoch: number;
  readonly endOffset: number;
}

export interface FetchAnswer extends FetchedPartition {
  readonly lastStableOffset: number;
  readonly divergence: Divergence | null;
  /** Whole record batches. */
  readonly records: Buffer;
}

export interface FetchResult {
  /** 0 for no session. */
  readonly sessionId: number;
  readonly answers: readonly FetchAnswer[];
}

interface Reading {
  readonly answers: FetchAnswer[];
  /** Those that were read, for the wait. */
  readonly watched: Partition[];
  bytes: number;
  /** What those had committed before they were read, so that nothing that came since is waited for. */
  committedBytes: number;
  /** Something to be told at once: an error, or a divergence. */
  urgent: boolean;
}

interface ReadLimits {
  readonly maxBytes: number;
  /** Whether nothing was read yet for this request. */
  readonly first: boolean;
  readonly allocate: Allocate;
}

const NOTHING = Buffer.alloc(0);

/** Reads from many partitions at once, and waits for more when there is too little (long poll). */
export class Fetch {
  readonly #registry: PartitionRegistry;
  readonly #sessions: FetchSessionCache;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #maxBytes: () => number;

  /** `maxBytes` bounds every answer (`fetch.max.bytes`). */
  constructor(options: {
    registry: PartitionRegistry;
    sessions: FetchSessionCache;
    clock: Clock;
    timers: Timers;
    maxBytes: () => number;
  }) {
    this.#registry = options.registry;
    this.#sessions = options.sessions;
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#maxBytes = options.maxBytes;
  }

  /** Throws the session errors of FetchSessionCache.begin; errors of a partition are in its answer. */
  async execute(command: FetchCommand): Promise<FetchResult> {
    const context = this.#sessions.begin(command.session, this.#clock.now());
    const limit = Math.min(command.maxBytes, this.#maxBytes());
    let reading = await this.#readAll(context.partitions, limit, command.allocate);
    const missing = Math.min(command.minBytes, limit) - reading.bytes;
    if (missing > 0 && !reading.urgent && command.maxWaitMs > 0 && reading.watched.length > 0) {
      const wait = new FetchWait(reading.watched, reading.committedBytes + missing);
      await wait.until(this.#timers, command.maxWaitMs, command.signal);
      reading = await this.#readAll(context.partitions, limit, command.allocate);
    }
    return { sessionId: context.session?.id ?? 0, answers: news(context, reading.answers) };
  }

  async #readAll(
    partitions: readonly FetchPartition[],
    limit: number,
    allocate: Allocate,
  ): Promise<Reading> {
    const reading: Reading = {
      answers: [],
      watched: [],
      bytes: 0,
      committedBytes: 0,
      urgent: false,
    };
    for (const wanted of partitions) {
      const found = this.#find(wanted);
      const partition = found instanceof Promise ? await found : found;
      if (typeof partition === 'string') {
        note(reading, failed(wanted, partition));
        continue;
      }
      reading.watched.push(partition);
      reading.committedBytes += partition.committedBytes;
      const maxBytes = Math.max(0, Math.min(wanted.maxBytes, limit - reading.bytes));
      const answer = this.#read(partition, wanted, {
        maxBytes,
        first: reading.bytes === 0,
        allocate,
      });
      note(reading, answer instanceof Promise ? await answer : answer);
    }
    return reading;
  }

  /** At once when the log is open. */
  #find(wanted: FetchPartition): Partition | ErrorName | Promise<Partition | ErrorName> {
    const located = this.#registry.locate(wanted);
    if ('error' in located) return located.error;
    return (
      this.#registry.opened(located.topic, wanted.partition) ??
      this.#registry.open(located.topic, wanted.partition).catch(storageErrorName)
    );
  }

  #read(
    partition: Partition,
    wanted: FetchPartition,
    limits: ReadLimits,
  ): FetchAnswer | Promise<FetchAnswer> {
    const refusal = partition.unreadable ?? leaderEpochError(partition, wanted.currentLeaderEpoch);
    if (refusal) return failed(wanted, refusal);
    const divergence = divergenceOf(partition, wanted);
    if (isOutOfRange(partition, wanted, divergence)) return failed(wanted, 'OFFSET_OUT_OF_RANGE');
    if (divergence) return { ...answered(partition, wanted, NOTHING), divergence, diverging: true };
    const { maxBytes, first } = limits;
    if (maxBytes === 0 && !first) return answered(partition, wanted, NOTHING);
    // A first batch larger than asked for is given all the same, or its reader could never go on (KIP-74).
    const fitting = (records: Buffer): FetchAnswer =>
      answered(partition, wanted, first || records.length <= maxBytes ? records : NOTHING);
    try {
      const records = partition.read(wanted.fetchOffset, maxBytes, allocateWithin(limits));
      if (!(records instanceof Promise)) return fitting(records);
      return records.then(fitting, error => failed(wanted, storageErrorName(error)));
    } catch (error) {
      return failed(wanted, storageErrorName(error));
    }
  }
}

/** A session is told what changed; without one, everything is said. */
function news(context: FetchContext, answers: FetchAnswer[]): FetchAnswer[] {
  const { session, full } = context;
  if (session === null) return answers;
  if (session.epoch !== context.epoch) {
    const message = 'the session went on while this request waited';
    throw new BrokerError('INVALID_FETCH_SESSION_EPOCH', message);
  }
  return answers.filter(answer => session.hasNews(answer) || full);
}

function note(reading: Reading, answer: FetchAnswer): void {
  reading.answers.push(answer);
  reading.bytes += answer.recordBytes;
  reading.urgent ||= answer.error !== null || answer.diverging;
}

/** What turns out too large is not answered, so it must not keep the caller's memory until the answer is sent. */
function allocateWithin({ maxBytes, first, allocate }: ReadLimits): Allocate {
  return first
    ? allocate
    : bytes => (bytes > maxBytes ? Buffer.allocUnsafe(bytes) : allocate(bytes));
}

/** A client whose log has parted from ours asks beyond our end in good faith; one with an epoch that is not known here cannot. */
function isOutOfRange(
  partition: Partition,
  { fetchOffset }: FetchPartition,
  divergence: Divergence | null,
): boolean {
  if (fetchOffset < partition.logStartOffset) return true;
  if (divergence !== null) return divergence.endOffset === UNDEFINED_OFFSET;
  return fetchOffset > partition.logEndOffset;
}

/** Partition.readRecords: the last epoch that the client read ends here before the offset it asks for, or is unknown. */
function divergenceOf(partition: Partition, wanted: FetchPartition): Divergence | null {
  if (wanted.lastFetchedEpoch < 0) return null;
  const end = partition.endOffsetForEpoch(wanted.lastFetchedEpoch);
  const parted = end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset;
  return parted ? end : null;
}

function failed(wanted: FetchPartition, error: ErrorName): FetchAnswer {
  const { topic, topicId, partition } = wanted;
  const unknown = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };
  const nothing = { records: NOTHING, recordBytes: 0, diverging: false, divergence: null };
  return { topic, topicId, partition, error, ...unknown, ...nothing };
}

function answered(partition: Partition, wanted: FetchPartition, records: Buffer): FetchAnswer {
  return {
    topic: wanted.topic,
    topicId: wanted.topicId,
    partition: wanted.partition,
    error: null,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    records,
    recordBytes: records.length,
    diverging: false,
    divergence: null,
  };
}
