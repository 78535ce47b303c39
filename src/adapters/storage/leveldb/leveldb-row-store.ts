import { statfs } from 'node:fs/promises';
import type { Level } from 'level';
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
import { loadDriver } from '../shared/driver.ts';
import { TableFiles } from './table-files.ts';
import { WriteAheadLogs } from './write-ahead-logs.ts';

/** Under Node.js `level` is classic-level, whose compactRange its types do not tell of. */
type Database = Level<Buffer, Buffer> & {
  compactRange(start: Buffer, end: Buffer): Promise<void>;
};
type Batch = ReturnType<Database['batch']>;
type Snapshot = ReturnType<Database['snapshot']>;

export interface LeveldbSizes {
  readonly writeBufferBytes?: number;
  readonly garbageBytes?: number;
}

interface KeyRange {
  readonly gt?: Buffer;
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** LevelDB gathers so much in memory, twice at most, before it sorts it into files: the more, the less it writes again. */
const WRITE_BUFFER_BYTES = 64 * 1024 * 1024;
/** Blocks of tables that were read; batches pass it by. */
const BLOCK_CACHE_BYTES = 16 * 1024 * 1024;
const TABLE_BYTES = 32 * 1024 * 1024;
/** So much is written without a sync at most, so that none has to wait long for the disk. */
const UNSYNCED_BYTES = 16 * 1024 * 1024;
/** Space of rows that are gone is asked back in portions of so many bytes. */
const GARBAGE_BYTES = 128 * 1024 * 1024;
/** Rows that a read takes at a time: few at first, for most reads want no more. */
const FEWEST_ROWS = 4;
const MOST_ROWS = 16;

/**
 * Rows in one LevelDB. A write is one batch, which LevelDB has handed to the operating system when it resolves; a sync is an
 * fdatasync of its write-ahead log beside it, so that writes go on meanwhile (`sync: true` would hold them up).
 *
 * A write that fails is the last one: LevelDB would go on behind a torn record, and its recovery drops what shares a block with it.
 */
export class LeveldbRowStore implements RowStore {
  readonly #directory: string;
  readonly #db: Database;
  readonly #logs: WriteAheadLogs;
  readonly #tables: TableFiles;
  /** The log files are looked at and synced one after the other. */
  #syncs: Promise<void> = Promise.resolve();
  #unsyncedBytes = 0;
  #failure: Error | null = null;
  readonly #garbageLimit: number;
  #garbageBytes = 0;
  /** The highest offset of each log below which rows were deleted since the last compaction. */
  #garbage = new Map<number, number>();
  /** While it is there, LevelDB may begin a log file at any moment: it ends with a look at what there is. */
  #compaction: Promise<void> | null = null;

  static async open(
    directory: string,
    { writeBufferBytes = WRITE_BUFFER_BYTES, garbageBytes = GARBAGE_BYTES }: LeveldbSizes = {},
  ): Promise<LeveldbRowStore> {
    const { Level } = await loadDriver('leveldb', 'level', () => import('level'));
    const db = new Level<Buffer, Buffer>(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      compression: false,
      writeBufferSize: writeBufferBytes,
      cacheSize: BLOCK_CACHE_BYTES,
      maxFileSize: TABLE_BYTES,
    }) as Database;
    await db.open().catch(corruptOr);
    const store = new LeveldbRowStore(directory, db, { writeBufferBytes, garbageBytes });
    try {
      await store.#logs.look();
    } catch (error) {
      await store.#closeFiles().catch(() => undefined);
      throw error;
    }
    return store;
  }

  private constructor(directory: string, db: Database, sizes: Required<LeveldbSizes>) {
    this.#directory = directory;
    this.#db = db;
    this.#tables = new TableFiles(directory);
    this.#garbageLimit = sizes.garbageBytes;
    this.#logs = new WriteAheadLogs(directory, sizes.writeBufferBytes);
  }

  async facts(): Promise<LogFacts[]> {
    const range = { gte: keyOfKind(KIND.facts), lt: keyOfKind(KIND.facts + 1) };
    const found = await this.#db.values(range).all().catch(corruptOr);
    return found.map(bytes => decodeFacts(bytes.toString()));
  }

  async checkpointOf(log: number): Promise<Buffer | null> {
    const bytes = await this.#db.get(keyOf(KIND.checkpoint, log)).catch(corruptOr);
    return bytes ?? null;
  }

  async write(changes: Changes): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    this.#tables.expectChanges();
    const beginsLog = this.#logs.mayBegin || this.#compaction !== null;
    const { batch, bytes } = await this.#batchOf(changes);
    if (beginsLog) await this.sync().catch((error: unknown) => endedWith(batch, error));
    try {
      await batch.write();
    } catch (error) {
      throw (this.#failure = error as Error);
    }
    if (beginsLog) await this.#inTurn(() => this.#logs.look());
    this.#logs.written();
    this.#unsyncedBytes += bytes;
    if (this.#unsyncedBytes > UNSYNCED_BYTES) this.sync().catch(() => undefined);
    if (this.#garbageBytes > this.#garbageLimit) this.#compact();
  }

  sync(): Promise<void> {
    this.#unsyncedBytes = 0;
    return this.#inTurn(async () => {
      if (this.#compaction !== null) await this.#logs.look();
      await this.#logs.sync();
    });
  }

  async floor(log: number, offset: number, snapshot?: Snapshot): Promise<RowHead | null> {
    const lte = keyOf(KIND.head, log, offset);
    const range = { gt: keyBefore(KIND.head, log), lte, reverse: true, limit: 1 };
    const [found] = await this.#heads(range, snapshot);
    return found ?? null;
  }

  heads(log: number, offset: number, limit: number, snapshot?: Snapshot): Promise<RowHead[]> {
    const gte = keyOf(KIND.head, log, offset);
    return this.#heads({ gte, lt: keyFrom(KIND.head, log, Infinity), limit }, snapshot);
  }

  async read(log: number, offset: number, take: TakeRow): Promise<void> {
    // LevelDB merges tables that many reads have to look into.
    this.#tables.expectChanges();
    const snapshot = this.#db.snapshot();
    try {
      let next = (await this.floor(log, offset, snapshot))?.base ?? offset;
      for (let rows = FEWEST_ROWS; ; rows = MOST_ROWS) {
        const heads = await this.heads(log, next, rows, snapshot);
        const isMore = await this.#give(log, heads, take, snapshot);
        if (!isMore || heads.length < rows) return;
        next = heads.at(-1)!.base + 1;
      }
    } finally {
      await snapshot.close();
    }
  }

  placeOf(log: number, base: number): string {
    return `${this.#directory}, row ${base} of log ${log}`;
  }

  async volume(): Promise<Volume> {
    const { bsize, blocks, bavail } = await statfs(this.#directory);
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
  }

  async close(): Promise<void> {
    try {
      await this.#compaction;
      await this.sync();
    } finally {
      await this.#closeFiles();
    }
  }

  async #closeFiles(): Promise<void> {
    try {
      await this.#db.close();
    } finally {
      await Promise.all([this.#logs.close(), this.#tables.close()]);
    }
  }

  async #heads(range: KeyRange, snapshot?: Snapshot): Promise<RowHead[]> {
    const options = snapshot === undefined ? range : { ...range, snapshot };
    const found = await this.#db.iterator(options).all().catch(corruptOr);
    return found.map(([key, value]) => decodeHead(key, value));
  }

  /** The changes as one batch, which is to be written or closed, and the bytes of what it puts. */
  async #batchOf(changes: Changes): Promise<{ batch: Batch; bytes: number }> {
    const batch = this.#db.batch();
    try {
      for (const range of changes.cuts) await this.#cut(batch, range);
      return { batch, bytes: this.#fill(batch, changes) };
    } catch (error) {
      return endedWith(batch, error);
    }
  }

  async #cut(batch: Batch, { log, from, to }: RowRange): Promise<void> {
    const range = { gte: keyOf(KIND.head, log, from), lt: keyFrom(KIND.head, log, to) };
    for (const { base, sizeInBytes } of await this.#heads(range)) {
      this.#delete(batch, keyOf(KIND.head, log, base));
      this.#delete(batch, keyOf(KIND.batches, log, base));
      this.#garbageBytes += sizeInBytes;
    }
    this.#garbage.set(log, Math.max(to, this.#garbage.get(log) ?? 0));
  }

  #delete(batch: Batch, key: Buffer): void {
    batch.del(key);
    this.#logs.note(0);
  }

  /** Gives the bytes of what it puts into the batch. */
  #fill(batch: Batch, { rows, facts, checkpoints, forgotten }: Changes): number {
    let bytes = 0;
    const put = (key: Buffer, value: Buffer): void => {
      batch.put(key, value);
      this.#logs.note(value.length);
      bytes += value.length;
    };
    for (const row of rows) {
      put(keyOf(KIND.head, row.log, row.base), encodeHead(row));
      put(keyOf(KIND.batches, row.log, row.base), row.bytes);
    }
    for (const one of facts) put(keyOf(KIND.facts, one.log), Buffer.from(encodeFacts(one)));
    for (const checkpoint of checkpoints) {
      const key = keyOf(KIND.checkpoint, checkpoint.log);
      if (checkpoint.bytes === null) this.#delete(batch, key);
      else put(key, checkpoint.bytes);
    }
    for (const log of forgotten) {
      this.#delete(batch, keyOf(KIND.facts, log));
      this.#delete(batch, keyOf(KIND.checkpoint, log));
    }
    return bytes;
  }

  /** False when no more is wanted. */
  async #give(
    log: number,
    heads: readonly RowHead[],
    take: TakeRow,
    snapshot: Snapshot,
  ): Promise<boolean> {
    const keys = heads.map(({ base }) => keyOf(KIND.batches, log, base));
    const values = await this.#db.getMany(keys, { snapshot, fillCache: false }).catch(corruptOr);
    for (const [at, head] of heads.entries()) {
      const bytes = values[at];
      if (bytes === undefined) {
        throw new StorageError('corrupt', `${this.placeOf(log, head.base)} has no batches`);
      }
      if (!take(head, bytes)) return false;
    }
    return true;
  }

  /** In the background: LevelDB would else keep what was deleted until newer rows press it out. */
  #compact(): void {
    if (this.#compaction !== null) return;
    const garbage = this.#garbage;
    this.#garbage = new Map();
    this.#garbageBytes = 0;
    const compact = async (): Promise<void> => {
      for (const [log, to] of garbage) {
        const from = keyBefore(KIND.batches, log);
        await this.#db.compactRange(from, keyFrom(KIND.batches, log, to));
      }
    };
    // What fails here fails again in the next write.
    this.#compaction = compact()
      .catch(() => undefined)
      .then(() => this.sync())
      .catch(() => undefined)
      .then(() => {
        this.#compaction = null;
      });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const run = this.#syncs.then(async () => {
      if (this.#failure !== null) throw this.#failure;
      await task().catch((error: unknown) => {
        // Never tried again: the kernel may have dropped the pages.
        throw (this.#failure = error as Error);
      });
    });
    this.#syncs = run.catch(() => undefined);
    return run;
  }
}

/** Closes a batch that is not written: the database would keep it until it is closed itself. */
async function endedWith(batch: Batch, error: unknown): Promise<never> {
  await batch.close().catch(() => undefined);
  throw error;
}

/** Says it in the port's words when LevelDB has found damage. */
function corruptOr(error: unknown): never {
  const { code, cause, message } = error as { code?: string; cause?: unknown; message: string };
  const causeCode = (cause as { code?: string } | undefined)?.code;
  if (code !== 'LEVEL_CORRUPTION' && causeCode !== 'LEVEL_CORRUPTION') throw error;
  throw new StorageError('corrupt', `LevelDB has found damage: ${message}`, { cause: error });
}
