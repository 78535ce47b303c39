import type { Volume } from '../../../ports/log-storage.ts';
import type { Later } from './later.ts';
import type { LogFacts } from './log-facts.ts';

/** What is known of a row without its batches. */
export interface RowHead {
  /** The base offset of its first batch: with the number of the log its key. */
  readonly base: number;
  /** The highest timestamp of its own batches. */
  readonly maxTimestamp: number;
  /** The highest timestamp of this row and of all that were ever before it: never descends. */
  readonly peak: number;
  /** Bytes of its batches. */
  readonly sizeInBytes: number;
}

/** A row to be written: whole batches of one log, one after the other. */
export interface Row extends RowHead {
  readonly log: number;
  /** Valid until the write has resolved; all of it is batches. */
  readonly bytes: Buffer;
}

/** The rows of a log with `from` <= base < `to`. */
export interface RowRange {
  readonly log: number;
  readonly from: number;
  /** Infinity for all that follow. */
  readonly to: number;
}

/** Changes over many logs that happen all or not at all, carried out in the order of these fields. */
export interface Changes {
  readonly cuts: readonly RowRange[];
  readonly rows: readonly Row[];
  /** Put in place of what was known of the same log. */
  readonly facts: readonly LogFacts[];
  readonly checkpoints: readonly { readonly log: number; readonly bytes: Buffer | null }[];
  /** Logs whose facts and checkpoint are forgotten; their rows are gone already. */
  readonly forgotten: readonly number[];
}

/** Takes one row of a read, whose bytes are valid until it returns; false ends the read. */
export type TakeRow = (head: RowHead, bytes: Buffer) => boolean;

/**
 * What the core asks of a database. It answers at once where that is cheap. Errors of the database are thrown (or rejected) as
 * they are: the core makes StorageErrors of them, so only what is known better (`corrupt`) is thrown as one.
 */
export interface RowStore {
  /** All logs that there are, read once, after the store was opened. */
  facts(): Later<readonly LogFacts[]>;
  checkpointOf(log: number): Later<Buffer | null>;

  /**
   * Carries out changes: afterwards reads see them, and SIGKILL cannot take them back. The core calls it again only when it has
   * resolved. If `durable`, a `sync` follows at once: a database that does both at a time does it here. What was not durable
   * before a power failure may be lost, but only from the end: no later write is there without those before it.
   */
  write(changes: Changes, durable: boolean): Later<void>;
  /** Resolves when everything written before this call is on stable storage; writes may go on meanwhile. */
  sync(): Later<void>;

  /** The last row of a log with a base at or below `offset`; null if there is none. */
  floor(log: number, offset: number): Later<RowHead | null>;
  /** At most `limit` rows of a log, ascending from the first with a base at or above `offset`. */
  heads(log: number, offset: number, limit: number): Later<readonly RowHead[]>;
  /** Gives rows in ascending order, beginning with the last whose base is at or below `offset`, or else the first above it. */
  read(log: number, offset: number, take: TakeRow): Later<void>;

  /** Where a row lies, for people. */
  placeOf(log: number, base: number): string;
  volume(): Promise<Volume>;
  /** What was written is durable when it resolves. */
  close(): Promise<void>;
}
