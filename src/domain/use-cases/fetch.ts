import { BrokerError, type ErrorName } from '../model/error.ts';
import type {
  FetchContext,
  FetchSessionCache,
  FetchSessionRequest,
} from '../model/fetch/fetch-session-cache.ts';
import type { FetchPartition } from '../model/fetch/fetch-session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Allocate } from '../../ports/log-storage.ts';
import type { Timers } from '../../ports/timers.ts';
import { FetchWait } from './runtime/fetch-wait.ts';
import type { Partition } from './runtime/partition.ts';
import { failed, readPartition, type FetchAnswer } from './runtime/partition-read.ts';
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

export interface FetchResult {
  /** 0 for no session. */
  readonly sessionId: number;
  readonly answers: readonly FetchAnswer[];
}

interface Reading {
  readonly answers: FetchAnswer[];
  /** Whose answers those are, one by one; null where there is no such partition. */
  readonly of: (Partition | null)[];
  /** Those that were read, for the wait. */
  readonly watched: Partition[];
  bytes: number;
  /** What those had committed before they were read, so that nothing that came since is waited for. */
  committedBytes: number;
  /** Something to be told at once: an error, or a divergence. */
  urgent: boolean;
}

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
    count(reading);
    return { sessionId: context.session?.id ?? 0, answers: news(context, reading.answers) };
  }

  async #readAll(
    partitions: readonly FetchPartition[],
    limit: number,
    allocate: Allocate,
  ): Promise<Reading> {
    const reading: Reading = {
      answers: [],
      of: [],
      watched: [],
      bytes: 0,
      committedBytes: 0,
      urgent: false,
    };
    for (const wanted of partitions) {
      const found = this.#find(wanted);
      const partition = found instanceof Promise ? await found : found;
      if (typeof partition === 'string') {
        note(reading, null, failed(wanted, partition));
        continue;
      }
      reading.watched.push(partition);
      reading.committedBytes += partition.committedBytes;
      const maxBytes = Math.max(0, Math.min(wanted.maxBytes, limit - reading.bytes));
      const answer = readPartition(partition, wanted, {
        maxBytes,
        first: reading.bytes === 0,
        allocate,
      });
      note(reading, partition, answer instanceof Promise ? await answer : answer);
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

/** What is answered, not what was read and was too little to answer with. */
function count({ answers, of }: Reading): void {
  for (let i = 0; i < answers.length; i++) {
    const traffic = of[i]?.traffic;
    if (traffic === undefined) continue;
    const { error, recordBytes } = answers[i]!;
    traffic.fetchRequest(recordBytes);
    // Kafka leaves out what it expects (ReplicaManager.readFromLog); damaged records are what it does not.
    if (error === 'CORRUPT_MESSAGE' || error === 'UNKNOWN_SERVER_ERROR')
      traffic.failedFetchRequest();
  }
}

function note(reading: Reading, partition: Partition | null, answer: FetchAnswer): void {
  reading.of.push(partition);
  reading.answers.push(answer);
  reading.bytes += answer.recordBytes;
  reading.urgent ||= answer.error !== null || answer.diverging;
}
