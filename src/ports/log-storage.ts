import type { EpochStart } from '../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../domain/model/log/record-batch.ts';

/** Names one log. Identity is `topicId` and `partition`; `topic` is the name at creation, for people who look at the store. */
export interface PartitionKey {
  readonly topicId: string;
  readonly partition: number;
  readonly topic: string;
}

/** A log that a store holds, and the highest epoch that ever opened it. */
export interface StoredPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly epoch: number;
}

/** Topic settings that an engine may follow; read at each use, so that a change needs no restart. */
export interface LogSettings {
  /** Bytes after which a new segment is begun (`segment.bytes`). */
  readonly segmentBytes: number;
  /** Milliseconds after which a new segment is begun (`segment.ms`). */
  readonly segmentMs: number;
  /** Log bytes between two entries of the offset index (`index.interval.bytes`). */
  readonly indexIntervalBytes: number;
}

/** Gives the buffer that a read fills; the caller owns it and decides when it is used again. */
export type Allocate = (bytes: number) => Buffer;

/**
 * Why a store refused or failed:
 * `fenced` another writer holds a higher epoch: definitely not written, never retried by this writer;
 * `outcome-unknown` it may or may not be on disk: drop the writer and open the log again to see;
 * `failed` input or output failed (EIO, ENOSPC): nothing appended since the last commit is kept, and this log takes no more;
 * `corrupt` stored bytes are damaged; `locked` another process has the store; `closed` the store was closed.
 */
export type StorageErrorCode =
  'fenced' | 'outcome-unknown' | 'failed' | 'corrupt' | 'locked' | 'closed';

export class StorageError extends Error {
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
  }
}

/**
 * One partition's log, open for the one writer that holds its epoch. Offsets are facts in memory; only bytes wait.
 * Bytes in, bytes out: an engine reads no more of a batch than its header.
 */
export interface PartitionLog {
  /** The first offset kept. */
  readonly startOffset: number;
  /** The next offset to be written: moves with `append`. */
  readonly endOffset: number;
  /** Bytes of batches kept, appended ones included. */
  readonly sizeInBytes: number;
  /** Where each epoch began, oldest first; the last is the epoch that this log was opened with. */
  readonly epochs: readonly EpochStart[];

  /**
   * Takes one batch whose base offset is `endOffset` (anything else is a programmer's error and throws). When it returns, the
   * batch's bytes may be used again by the caller. What was appended is not readable yet. Input and output errors are
   * reported by the next `commit`; throws a StorageError when the log takes no more (failed, fenced, closed).
   */
  append(batch: RecordBatch): void;

  /**
   * Resolves when all that was appended before this call is readable and handed to the operating system, and, if `durable`,
   * is on stable storage. A store gathers the commits of all its logs. Rejects with a StorageError; afterwards the log takes
   * no more appends, every later commit rejects, and what was committed before stays readable.
   */
  commit(durable: boolean): Promise<void>;

  /**
   * Whole committed batches, from the one that holds `offset` (or the next one, where offsets were removed), as many as fit
   * in `maxBytes`, but always one if there is one. Empty at or after the committed end. `allocate` is called at most once;
   * the result is the front of what it gave. Answers at once when that is cheap.
   */
  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer>;

  /**
   * The base offset of a committed batch at or before the first one whose max timestamp is at least `timestamp`, from which a
   * walk is short; the committed end if there is none.
   */
  offsetFor(timestamp: number): number | Promise<number>;

  /** Drops every batch with an offset at or above `offset`, which must be a batch's base offset or the end. Durable when it resolves. */
  truncateTo(offset: number): Promise<void>;

  /** Moves `startOffset` up to `offset` (start to end), durably when it resolves; space is given back when the engine can. */
  trimBefore(offset: number): Promise<void>;

  /**
   * What the log's reader has derived from it (such as producer state), to be given back at the next open: advice that may be
   * stale or lost after a crash, never the truth. Null until one was saved, and after `truncateTo`.
   */
  readonly checkpoint: Buffer | null;
  saveCheckpoint(bytes: Buffer): Promise<void>;
}

/** All logs of one store. */
export interface LogStorage {
  /**
   * Opens or creates a log; durably fences every writer with a lower epoch, and throws `fenced` if a higher one has opened it.
   * An older handle of this process is ended, one with the same epoch too: commits asked of it before are carried out, what
   * was appended without a commit is dropped, and everything later, reads included, rejects with `fenced`.
   */
  open(partition: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog>;
  list(): Promise<readonly StoredPartition[]>;
  /** Removes a log and all that belongs to it, open or not (its handle then rejects with `closed`); nothing happens when there is none. */
  remove(partition: PartitionKey): Promise<void>;
  /** Writes out what is staged, makes it durable, and gives up the store; logs of it then reject with `closed`. */
  close(): Promise<void>;
}
