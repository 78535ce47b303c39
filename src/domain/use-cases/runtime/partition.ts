import { BrokerError, type ErrorName } from '../../model/error.ts';
import { HighWatermark, type CommitRound } from '../../model/log/high-watermark.ts';
import { endOffsetFor, type EpochStart } from '../../model/log/leader-epochs.ts';
import { wholeBatchBytes, type RecordBatch } from '../../model/log/record-batch.ts';
import type { Traffic } from '../../model/metrics/traffic.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { Allocate, PartitionLog } from '../../../ports/log-storage.ts';
import type { CheckedReads } from './checked-reads.ts';
import { storageErrorName } from './storage-errors.ts';
import type { LogDigest } from './log-digest.ts';
import { LogUpkeep } from './log-upkeep.ts';

/** Is told when more of a partition can be read, or when it will give no more. */
export interface PartitionWatcher {
  progressed(partition: Partition): void;
}

/** What a partition is made of. */
export interface PartitionParts {
  readonly topic: Topic;
  readonly index: number;
  readonly log: PartitionLog;
  readonly reads: CheckedReads;
  readonly digest: LogDigest;
  /** That of the topic: all of its partitions count into it. */
  readonly traffic: Traffic;
  /** Told once, when the store has failed. */
  readonly onFailure: (error: unknown) => void;
}

/** Where a batch went; a duplicate went there before. */
export interface Appended {
  readonly error: ErrorName | null;
  readonly message: string | null;
  readonly baseOffset: number;
  /** The broker's time in a LogAppendTime topic, else -1. */
  readonly logAppendTimeMs: number;
}

const NOTHING = Buffer.alloc(0);

/** One run of commits that the store answers with one promise. */
interface Round {
  readonly committed: Promise<void>;
  readonly round: CommitRound;
  readonly settled: Promise<void>;
}

/**
 * A partition as its leader sees it: gives batches their offsets, keeps producers honest, and moves the high watermark. All state
 * changes are synchronous; only the store makes anyone wait. After the store has failed it takes no more, and what was
 * committed stays readable.
 */
export class Partition {
  readonly topic: Topic;
  readonly index: number;
  readonly leaderEpoch: number;
  readonly traffic: Traffic;
  readonly upkeep: LogUpkeep;
  readonly #log: PartitionLog;
  readonly #reads: CheckedReads;
  readonly #digest: LogDigest;
  readonly #highWatermark: HighWatermark;
  readonly #onFailure: (error: unknown) => void;
  readonly #watchers = new Set<PartitionWatcher>();
  #appendedBytes = 0;
  /** What lies below it was forced to disk, or is being. */
  #flushedTo: number;
  /** When the first batch came that was not. */
  #unflushedSinceMs = Infinity;
  #latest: Round | null = null;
  #offline: ErrorName | null = null;
  #turn: Promise<unknown> | null = null;

  constructor({ topic, index, log, reads, digest, traffic, onFailure }: PartitionParts) {
    this.topic = topic;
    this.index = index;
    this.traffic = traffic;
    this.leaderEpoch = log.epochs.at(-1)?.epoch ?? 0;
    this.#log = log;
    this.#reads = reads;
    this.#digest = digest;
    this.upkeep = new LogUpkeep(log, digest);
    this.#onFailure = onFailure;
    this.#highWatermark = new HighWatermark(log.endOffset);
    this.#flushedTo = log.endOffset;
  }

  get logStartOffset(): number {
    return this.#log.startOffset;
  }
  get logEndOffset(): number {
    return this.#log.endOffset;
  }
  get highWatermark(): number {
    return this.#highWatermark.value;
  }
  /** Below it no transaction is open: the high watermark, as long as there are no transactions. */
  get lastStableOffset(): number {
    return this.#highWatermark.value;
  }
  /** Bytes of batches that became readable since this broker opened the log: it only grows. */
  get committedBytes(): number {
    return this.#highWatermark.bytes;
  }
  get sizeInBytes(): number {
    return this.#log.sizeInBytes;
  }
  get epochs(): readonly EpochStart[] {
    return this.#log.epochs;
  }
  get maxTimestamp(): { timestamp: number; baseOffset: number } {
    return this.#digest.peak;
  }
  /** Why this partition takes no more batches, or null. */
  get offline(): ErrorName | null {
    return this.#offline;
  }
  /** Why it may not even be read: after a failed write what was committed stays, but a fenced or removed log is not ours. */
  get unreadable(): ErrorName | null {
    return this.#offline === 'KAFKA_STORAGE_ERROR' ? null : this.#offline;
  }

  /** Appends a checked batch in place; nobody can read it before a commit. */
  append(batch: RecordBatch, nowMs: number): Appended {
    if (this.#offline) return refused(this.#offline, 'the log of this partition is offline');
    const verdict = this.#digest.check(batch, nowMs);
    if (verdict.kind === 'refused') return refused(verdict.error, verdict.message);
    if (verdict.kind === 'duplicate') return placed(batch, verdict.baseOffset, verdict.timestamp);
    const baseOffset = this.#log.endOffset;
    batch.assign(baseOffset, this.leaderEpoch);
    try {
      this.#log.append(batch);
    } catch (error) {
      const failure = this.#failed(error);
      return refused(failure.code, failure.message);
    }
    this.#digest.observe(batch, nowMs, this.#log.activeOffset);
    this.#appendedBytes += batch.sizeInBytes;
    this.traffic.appended(batch.recordCount, batch.sizeInBytes);
    if (nowMs < this.#unflushedSinceMs) this.#unflushedSinceMs = nowMs;
    return placed(batch, baseOffset, batch.maxTimestamp);
  }

  /**
   * Resolves when all that was appended is committed, and on disk if `durable`, or if so many records wait for that as the topic's
   * `flush.messages` says; the high watermark has moved by then if no
   * earlier commit is still under way. Rejects with a BrokerError.
   */
  commit(durable: boolean): Promise<void> {
    const committed = this.#log.commit(this.#willFlush(durable));
    if (this.#latest?.committed === committed && !this.#latest.round.finished) {
      this.#latest.round.endOffset = this.#log.endOffset;
      this.#latest.round.bytes = this.#appendedBytes;
      return this.#latest.settled;
    }
    const round = this.#highWatermark.begin(this.#log.endOffset, this.#appendedBytes);
    const settled = committed.then(
      () => this.#finish(round),
      error => {
        throw this.#failed(error);
      },
    );
    this.#latest = { committed, round, settled };
    return settled;
  }

  /** Forces to disk what came since the last time. Nobody waits for it: the high watermark does not either. */
  flush(): void {
    if (this.#flushedTo === this.#log.endOffset || this.#offline !== null) return;
    this.#log.commit(this.#willFlush(true)).catch((error: unknown) => void this.#failed(error));
  }

  /** The same, if the oldest of it came `flush.ms` ago. */
  flushIfDue(nowMs: number): void {
    if (nowMs - this.#unflushedSinceMs >= this.topic.flushMs) this.flush();
  }

  /**
   * Whole committed and sound batches from `offset` on, at most `maxBytes` unless the first is larger. Rejects with a StorageError,
   * which is `corrupt` when the batch that holds `offset` is damaged.
   */
  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    if (offset >= this.highWatermark) return NOTHING;
    const bytes = this.#reads.read(offset, maxBytes, allocate);
    return bytes instanceof Promise ? bytes.then(b => this.#visible(b)) : this.#visible(bytes);
  }

  /** Where the batch that holds `offset` lies, for people. */
  placeOf(offset: number): string {
    return this.#log.placeOf(offset);
  }

  /** A batch at or before the first with a timestamp of at least `timestamp`; see PartitionLog. */
  offsetFor(timestamp: number): number | Promise<number> {
    return this.#reads.offsetFor(timestamp);
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    return endOffsetFor(this.#log.epochs, epoch, this.logEndOffset);
  }

  /** Moves the log start offset, durably when it resolves (DeleteRecords). Rejects with a BrokerError. */
  async trimBefore(offset: number): Promise<void> {
    await this.#log.trimBefore(offset).catch((error: unknown) => {
      throw this.#failed(error);
    });
  }

  /** Runs works on this partition one after the other, for those that must wait before they append. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = (this.#turn ?? Promise.resolve()).then(work);
    const ended = turn.then(noop, noop).then(() => {
      if (this.#turn === ended) this.#turn = null;
    });
    this.#turn = ended;
    return turn;
  }

  /** Whether somebody is in line, so that whoever comes must line up too. */
  get hasQueue(): boolean {
    return this.#turn !== null;
  }

  watch(watcher: PartitionWatcher): void {
    this.#watchers.add(watcher);
  }
  unwatch(watcher: PartitionWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** Takes no more batches and wakes whoever waits: the topic is gone, or the broker stops. */
  retire(reason: ErrorName): void {
    this.#offline ??= reason;
    this.#wake();
  }

  /**
   * Keeps what was derived from the log, so that the next open need not read all of it. Not after a failure: what was derived may
   * then be of batches that are gone. Rejects with a StorageError.
   */
  saveCheckpoint(): Promise<void> {
    return this.#digest.save(this.#log);
  }

  /** Whether the next commit is durable, and takes note of that. */
  #willFlush(durable: boolean): boolean {
    const { endOffset } = this.#log;
    if (!durable && endOffset - this.#flushedTo < this.topic.flushMessages) return false;
    this.#flushedTo = endOffset;
    this.#unflushedSinceMs = Infinity;
    return true;
  }

  #finish(round: CommitRound): void {
    if (this.#highWatermark.finish(round)) this.#wake();
    if (this.#offline === null) this.#digest.saveIfDue(this.#log);
  }

  /** Takes the partition offline; a failure that follows from an earlier one has that one's name. */
  #failed(error: unknown): BrokerError {
    const name = this.#offline ?? storageErrorName(error);
    if (this.#offline === null) this.#onFailure(error);
    this.retire(name);
    return new BrokerError(name, error instanceof Error ? error.message : String(error));
  }

  #visible(bytes: Buffer): Buffer {
    if (this.#highWatermark.settled) return bytes;
    return bytes.subarray(0, wholeBatchBytes(bytes, this.highWatermark));
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher.progressed(this);
  }
}

function noop(): void {}

function placed(batch: RecordBatch, baseOffset: number, timestamp: number): Appended {
  const logAppendTimeMs = batch.isLogAppendTime ? timestamp : -1;
  return { error: null, message: null, baseOffset, logAppendTimeMs };
}

function refused(error: ErrorName, message: string): Appended {
  return { error, message, baseOffset: -1, logAppendTimeMs: -1 };
}
