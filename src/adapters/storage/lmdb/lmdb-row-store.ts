import { closeSync, fdatasync, openSync, readSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type * as Lmdb from 'lmdb';
import type { GetOptions, RangeOptions, RootDatabase, Transaction } from 'lmdb';
import { WorkSlots } from '../../../domain/use-cases/runtime/work-slots.ts';
import { StorageError, type Volume } from '../../../ports/log-storage.ts';
import { decodeFacts, encodeFacts, type LogFacts } from '../embedded/log-facts.ts';
import {
  KIND,
  decodeHead,
  encodeHead,
  keyBefore,
  keyFrom,
  keyOf,
  keyOfKind,
} from '../embedded/ordered-keys.ts';
import type { Changes, RowHead, RowRange, RowStore, TakeRow } from '../embedded/row-store.ts';
import { thisBoot } from '../shared/boot.ts';
import { loadDriver } from '../shared/driver.ts';
import { RecentRows } from './recent-rows.ts';
import { META_BYTES, PAGE_BYTES, SyncedMeta } from './synced-meta.ts';

/** Its types do not tell of all that getBinaryFast takes. */
type Database = RootDatabase<Buffer, Buffer> & {
  getBinaryFast(key: Buffer, options?: GetOptions): Buffer | undefined;
};

/** To whom rows of a log are given. */
interface Giving {
  readonly log: number;
  readonly take: TakeRow;
  /** Out of the newest state of the database where nothing else is said. */
  readonly state?: GetOptions;
}

/** Rows that a read takes at a time: about a megabyte. */
const READ_ROWS = 16;
/** Reads of older rows at a time: each takes one of LMDB's places for readers, of which there are 126. */
const COLD_READS = 64;
const DATA_FILE = 'data.mdb';
/** Pages that a transaction writes anew whatever is in it: the way from the root to a few leaves. */
const PAGES_PER_WRITE = 8;
/** LMDB can use pages again that are no longer needed only when they are not part of the last synced state either. */
const GARBAGE_BYTES = 64 * 1024 * 1024;

const synced = promisify(fdatasync);

interface OpenOptions {
  readonly directory: string;
  /** Names this start of the machine: what was written under another one counts only as far as it was synced. */
  readonly boot?: string | null;
}

/**
 * Rows in one LMDB environment. A write is one transaction, carried out at once and not synced: copying pages into the page cache
 * costs less than another thread would. `sync` is an fdatasync beside it.
 *
 * LMDB alone would not bear that: between syncs (MDB_NOSYNC) the kernel may write a meta page before the pages that it leads to,
 * and pages that the last synced tree still needs are used again. So, for a power failure:
 * - the meta pages of each synced state are kept in a file of their own, and put back when the machine was started anew since;
 * - a read transaction stands on the last synced state until a later one is recorded, so that no page of it is used again.
 * SIGKILL takes nothing: the kernel has every page, and a transaction counts from when its meta page is written, which is last.
 * Where nobody knows whether the machine was started anew, every write is synced, and every open goes back to the last sync.
 * `overlappingSync` of the package, which keeps such meta pages itself, syncs each transaction before it answers; a writable map
 * (`useWritemap`) was slower here, and would let a full disk end the process (SIGBUS).
 */
export class LmdbRowStore implements RowStore {
  readonly #directory: string;
  readonly #db: Database;
  readonly #fd: number;
  readonly #meta: SyncedMeta;
  readonly #recent = new RecentRows();
  readonly #slots = new WorkSlots(COLD_READS);
  /** NO_SYNC_FLUSH and SYNCHRONOUS_COMMIT. */
  readonly #writeFlags: number;
  /** Stands on the last state that is recorded as synced. */
  #pin: Transaction | null = null;
  #isSynced = false;
  #garbageBytes = 0;
  #syncs: Promise<void> = Promise.resolve();
  /** A sync that failed is never tried again: the kernel may have dropped the pages. */
  #failure: Error | null = null;

  static async open({ directory, boot = thisBoot() }: OpenOptions): Promise<LmdbRowStore> {
    const lmdb = await loadDriver('lmdb', 'lmdb', () => import('lmdb'));
    const meta = SyncedMeta.open(directory, boot);
    try {
      meta.restore(join(directory, DATA_FILE));
      const db = openEnvironment(lmdb, directory);
      const { NO_SYNC_FLUSH, SYNCHRONOUS_COMMIT } = lmdb.TransactionFlags;
      const store = new LmdbRowStore(directory, db, meta, NO_SYNC_FLUSH | SYNCHRONOUS_COMMIT);
      // What a process that was killed has left unsynced becomes the state to fall back to, before anything is written over.
      await store.sync();
      await syncDirectory(directory);
      return store;
    } catch (error) {
      meta.close();
      throw error;
    }
  }

  private constructor(directory: string, db: Database, meta: SyncedMeta, writeFlags: number) {
    this.#directory = directory;
    this.#db = db;
    this.#meta = meta;
    this.#writeFlags = writeFlags;
    this.#fd = openSync(join(directory, DATA_FILE), 'r+');
  }

  facts(): LogFacts[] {
    const range = { start: keyOfKind(KIND.facts), end: keyOfKind(KIND.facts + 1) };
    return [...this.#db.getRange(range)].map(({ value }) => decodeFacts(value.toString()));
  }

  checkpointOf(log: number): Buffer | null {
    const bytes = this.#db.get(keyOf(KIND.checkpoint, log));
    return bytes === undefined ? null : Buffer.from(bytes);
  }

  write(changes: Changes): void | Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.#db.transactionSync(() => this.#carryOut(changes), this.#writeFlags);
    this.#isSynced = false;
    this.#recent.note(changes.rows);
    if (!this.#meta.trustsPageCache) return this.sync();
    this.#garbageBytes += PAGES_PER_WRITE * PAGE_BYTES;
    // Nobody waits for this one: that it failed is said by the next write.
    if (this.#garbageBytes > GARBAGE_BYTES) this.sync().catch(() => undefined);
  }

  sync(): Promise<void> {
    this.#garbageBytes = 0;
    const run = this.#syncs.then(() => this.#sync());
    this.#syncs = run.catch(() => undefined);
    return run;
  }

  floor(log: number, offset: number, state?: GetOptions): RowHead | null {
    const start = keyOf(KIND.head, log, offset);
    const end = keyBefore(KIND.head, log);
    return this.#headsIn({ start, end, reverse: true, limit: 1 }, state)[0] ?? null;
  }

  heads(log: number, offset: number, limit: number, state?: GetOptions): RowHead[] {
    const start = keyOf(KIND.head, log, offset);
    return this.#headsIn({ start, end: keyFrom(KIND.head, log, Infinity), limit }, state);
  }

  /** Reads of what was written lately are done at once; pages of older rows are first brought in by another thread. */
  read(log: number, offset: number, take: TakeRow): void | Promise<void> {
    let next: number | null = this.floor(log, offset)?.base ?? offset;
    if (!this.#recent.has(log, next)) {
      return this.#slots.run(() => this.#readCold(log, offset, take));
    }
    while (next !== null) next = this.#give(this.heads(log, next, READ_ROWS), { log, take });
  }

  placeOf(log: number, base: number): string {
    return `${join(this.#directory, DATA_FILE)}, row ${base} of log ${log}`;
  }

  async volume(): Promise<Volume> {
    const { bsize, blocks, bavail } = await statfs(this.#directory);
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      this.#pin?.done();
      await this.#db.close();
      closeSync(this.#fd);
      this.#meta.close();
    }
  }

  #carryOut({ cuts, rows, facts, checkpoints, forgotten }: Changes): void {
    for (const range of cuts) this.#cut(range);
    for (const row of rows) {
      this.#db.putSync(keyOf(KIND.head, row.log, row.base), encodeHead(row));
      this.#db.putSync(keyOf(KIND.batches, row.log, row.base), row.bytes);
    }
    for (const one of facts) {
      this.#db.putSync(keyOf(KIND.facts, one.log), Buffer.from(encodeFacts(one)));
    }
    for (const { log, bytes } of checkpoints) {
      if (bytes === null) this.#db.removeSync(keyOf(KIND.checkpoint, log));
      else this.#db.putSync(keyOf(KIND.checkpoint, log), bytes);
    }
    for (const log of forgotten) {
      this.#db.removeSync(keyOf(KIND.facts, log));
      this.#db.removeSync(keyOf(KIND.checkpoint, log));
    }
  }

  #cut({ log, from, to }: RowRange): void {
    const range = { start: keyOf(KIND.head, log, from), end: keyFrom(KIND.head, log, to) };
    for (const { base, sizeInBytes } of this.#headsIn(range)) {
      this.#db.removeSync(keyOf(KIND.head, log, base));
      this.#db.removeSync(keyOf(KIND.batches, log, base));
      this.#garbageBytes += sizeInBytes;
    }
  }

  #headsIn(range: RangeOptions, state?: GetOptions): RowHead[] {
    const options = state === undefined ? range : { ...range, ...state };
    return [...this.#db.getRange(options)].map(({ key, value }) => decodeHead(key, value));
  }

  async #readCold(log: number, offset: number, take: TakeRow): Promise<void> {
    // One state for all of it: rows may be rewritten between its steps.
    const transaction = this.#db.useReadTransaction();
    const state = { transaction };
    try {
      let next: number | null = this.floor(log, offset, state)?.base ?? offset;
      while (next !== null) {
        const heads = this.heads(log, next, READ_ROWS, state);
        await this.#db.prefetch(heads.map(({ base }) => keyOf(KIND.batches, log, base)));
        next = this.#give(heads, { log, take, state });
      }
    } finally {
      transaction.done();
    }
  }

  /** Gives rows, as far as they are wanted; where to go on, or null. */
  #give(heads: readonly RowHead[], { log, take, state }: Giving): number | null {
    for (const head of heads) {
      const value = this.#db.getBinaryFast(keyOf(KIND.batches, log, head.base), state);
      if (value === undefined) {
        throw new StorageError('corrupt', `${this.placeOf(log, head.base)} has no batches`);
      }
      // The package gives one large buffer again and again, and sets its length by hand.
      if (!take(head, value.subarray(0, value.length))) return null;
    }
    return heads.length < READ_ROWS ? null : heads.at(-1)!.base + 1;
  }

  async #sync(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#isSynced) return;
    this.#isSynced = true;
    const pin = this.#db.useReadTransaction();
    try {
      // No transaction is under way, for they are synchronous: the pages are those of the state that is pinned.
      const pages = Buffer.allocUnsafe(META_BYTES);
      readSync(this.#fd, pages, 0, META_BYTES, 0);
      await synced(this.#fd);
      await this.#meta.record(pages);
    } catch (error) {
      pin.done();
      throw (this.#failure = error as Error);
    }
    this.#pin?.done();
    this.#pin = pin;
  }
}

/** LMDB looks at its meta pages only here. */
function openEnvironment(lmdb: typeof Lmdb, path: string): Database {
  try {
    return lmdb.open<Buffer, Buffer>({
      path,
      encoding: 'binary',
      keyEncoding: 'binary',
      pageSize: PAGE_BYTES,
      noMemInit: true,
      overlappingSync: false,
    });
  } catch (error) {
    const { message } = error as Error;
    if (!/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)/.test(message)) throw error;
    throw new StorageError('corrupt', `${path} cannot be read: ${message}`, { cause: error });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
