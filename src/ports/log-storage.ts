import type { EpochStart } from '../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../domain/model/log/record-batch.ts';

/** Names one log. Identity is `topicId` and `partition`; `topic` is the name at creation, for people who look at the store. */
export interface PartitionKey {
  readonly topicId: string;
  readonly partition: number;
  readonly topic: string;
}

/** A log that a store holds, the highest epoch that ever opened it, and the bytes of batches in it. */
export interface StoredPartition extends PartitionKey {
  readonly epoch: number;
  readonly sizeInBytes: number;
}

/** The room where a store lies, in bytes; -1 where that is not known. */
export interface Volume {
  readonly totalBytes: number;
  readonly usableBytes: number;
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

/**
 * The older part of a log as it is written anew, in ascending order; offsets stay what they were. Another rewrite of the same
 * log, or anything that moves its start or its end back, ends this one: it then rejects with `closed`.
 */
export interface LogRewrite {
  /**
   * Keeps a batch, or what is left of it: its base offset and its last offset are those of a batch that the log has there. What
   * is not kept is dropped. The bytes are the caller's again when this has returned or resolved. An engine may put what it was
   * given in place piece by piece, each piece all or nothing, also after a crash.
   */
  keep(batch: RecordBatch): void | Promise<void>;
  /** Resolves when all is in place, durably. */
  finish(): Promise<void>;
  /** Gives up; pieces that are in place already stay. */
  abandon(): Promise<void>;
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
  /**
   * The base offset of the newest segment, to which appends go, or `endOffset` when the log is empty. It moves by Kafka's rule
   * (LogSegment.shouldRoll, see SegmentRoll), in engines without files too: below it a log may be rewritten.
   */
  readonly activeOffset: number;
  /** Where each epoch began, oldest first; the last is the epoch that this log was opened with. */
  readonly epochs: readonly EpochStart[];

  /**
   * Takes one batch whose base offset is `endOffset`, or above it where offsets are missing, as in the copy of a compacted log
   * (one below is a programmer's error and throws). When it returns, the batch's bytes may be used again by the caller. What
   * was appended is not readable yet. Input and output errors are reported by the next `commit`; throws a StorageError when
   * the log takes no more (failed, fenced, closed).
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

  /**
   * The lowest base offset of a committed batch (or the committed end) from which on the log has no more than `bytes`, or a
   * little below it, where that is much cheaper: what retention by bytes may drop lies before it.
   */
  offsetKeeping(bytes: number): number | Promise<number>;

  /** Drops every batch with an offset at or above `offset`, which must be a batch's base offset or the end. Durable when it resolves. */
  truncateTo(offset: number): Promise<void>;

  /** Moves `startOffset` up to `offset` (start to end), durably when it resolves; space is given back when the engine can. */
  trimBefore(offset: number): Promise<void>;

  /** Drops all batches, and goes on at `offset`, which may be anywhere (Kafka's truncateFullyAndStartAt). Durable when it resolves. */
  restartAt(offset: number): Promise<void>;

  /**
   * Begins to rewrite what lies below `to`, which is the base offset of a batch at or below `activeOffset`. Readers go on as
   * before: they find each offset in its old batch or in the new one.
   */
  rewrite(to: number): Promise<LogRewrite>;

  /** Where the batch that holds `offset` lies, for people: a file and a position in it, or a table and a key. */
  placeOf(offset: number): string;

  /**
   * Checks all that the engine keeps beside the batches (indexes, sums, counts) against them, as far as they are committed: a
   * line for each thing that does not fit. Rejects with a StorageError only when it cannot read at all.
   */
  audit(): Promise<readonly string[]>;

  /**
   * What the log's reader has derived from it (such as producer state), to be given back at the next open: advice that may be
   * stale or lost after a crash, never the truth. Null until one was saved, and after `truncateTo`.
   */
  readonly checkpoint: Buffer | null;
  saveCheckpoint(bytes: Buffer): Promise<void>;
}

/** All logs of one store. */
export interface LogStorage {
  /** The directory or file where it all lies, as people know it; DescribeLogDirs calls it the log directory. */
  readonly location: string;
  /**
   * Opens or creates a log; durably fences every writer with a lower epoch, and throws `fenced` if a higher one has opened it.
   * An older handle of this process is ended, one with the same epoch too: commits asked of it before are carried out, what
   * was appended without a commit is dropped, and everything later, reads included, rejects with `fenced`.
   */
  open(partition: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog>;
  list(): Promise<readonly StoredPartition[]>;
  volume(): Promise<Volume>;
  /** Removes a log and all that belongs to it, open or not (its handle then rejects with `closed`); nothing happens when there is none. */
  remove(partition: PartitionKey): Promise<void>;
  /** Writes out what is staged, makes it durable, and gives up the store; logs of it then reject with `closed`. */
  close(): Promise<void>;
}
