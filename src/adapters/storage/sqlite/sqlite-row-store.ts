import type { Database } from 'better-sqlite3';
import { closeSync, constants, fdatasync, openSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Volume } from '../../../ports/log-storage.ts';
import type { Later } from '../embedded/later.ts';
import { decodeFacts, encodeFacts, type LogFacts } from '../embedded/log-facts.ts';
import type { Changes, RowHead, RowStore, TakeRow } from '../embedded/row-store.ts';
import { calling } from './calling.ts';
import { prepareStatements, type HeadTuple, type RowTuple, type Statements } from './statements.ts';
import type { WalCheckpoints } from './wal-checkpoints.ts';

const synced = promisify(fdatasync);

/**
 * Rows in one SQLite database in WAL mode. A commit hands the frames to the operating system and does not wait for the disk
 * (`synchronous = NORMAL`); `sync` is an fdatasync of the WAL file beside the event loop. That is enough: recovery takes all frames up to
 * the last commit whose checksums are whole, and SQLite itself syncs the WAL before a checkpoint, the database before the WAL is
 * used from its beginning again, and the new header of the WAL before its frames (https://sqlite.org/walformat.html, 4.3 to 4.5).
 */
export class SqliteRowStore implements RowStore {
  readonly #db: Database;
  readonly #sql: Statements;
  readonly #checkpoints: WalCheckpoints;
  #walFd = -1;

  constructor(db: Database, checkpoints: WalCheckpoints) {
    this.#db = db;
    this.#sql = prepareStatements(db);
    this.#checkpoints = checkpoints;
  }

  facts(): readonly LogFacts[] {
    return calling(() => this.#sql.facts.all().map(([text]) => decodeFacts(text)));
  }

  checkpointOf(log: number): Buffer | null {
    return calling(() => this.#sql.checkpoint.get(log)?.[0] ?? null);
  }

  write(changes: Changes): Later<void> {
    const { held } = this.#checkpoints;
    if (held === null) return this.#carryOut(changes);
    return held.then(() => this.#carryOut(changes));
  }

  sync(): Promise<void> {
    if (this.#walFd < 0) this.#walFd = openSync(`${this.#db.name}-wal`, constants.O_RDWR);
    return synced(this.#walFd);
  }

  floor(log: number, offset: number): RowHead | null {
    const found = calling(() => this.#sql.floorHead.get(log, offset));
    return found === undefined ? null : headOf(found);
  }

  heads(log: number, offset: number, limit: number): readonly RowHead[] {
    return calling(() => this.#sql.heads.all(log, offset, limit).map(headOf));
  }

  read(log: number, offset: number, take: TakeRow): void {
    const { floorRow, nextRow } = this.#sql;
    let row = calling(() => floorRow.get(log, offset) ?? nextRow.get(log, offset));
    while (row !== undefined) {
      const [base, , , bytes] = row;
      if (!take(headOfRow(row), bytes)) return;
      row = calling(() => nextRow.get(log, base));
    }
  }

  placeOf(log: number, base: number): string {
    return `${this.#db.name}: table batches, log ${log}, the last base up to ${base}`;
  }

  async volume(): Promise<Volume> {
    const { blocks, bavail, bsize } = await statfs(this.#db.name);
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize };
  }

  async close(): Promise<void> {
    await this.#checkpoints.stop();
    if (this.#walFd >= 0) closeSync(this.#walFd);
    // The last one to close it moves what is left in the WAL to the database, and syncs that.
    this.#db.close();
  }

  #carryOut(changes: Changes): void {
    calling(() => {
      this.#sql.begin.run();
      try {
        this.#put(changes);
        this.#sql.commit.run();
      } catch (error) {
        // After some errors (a full disk is one) SQLite has rolled back by itself.
        if (this.#db.inTransaction) this.#sql.rollback.run();
        throw error;
      }
    });
    this.#checkpoints.written(changes);
  }

  #put({ cuts, rows, facts, checkpoints, forgotten }: Changes): void {
    const { putRow, putFacts, cut, putCheckpoint, forgetCheckpoint, forgetFacts } = this.#sql;
    for (const { log, from, to } of cuts) cut.run(log, from, to);
    for (const { log, base, maxTimestamp, peak, bytes } of rows) {
      putRow.run(log, base, maxTimestamp, peak, bytes);
    }
    for (const each of facts) putFacts.run(each.log, encodeFacts(each));
    for (const { log, bytes } of checkpoints) {
      if (bytes === null) forgetCheckpoint.run(log);
      else putCheckpoint.run(log, bytes);
    }
    for (const log of forgotten) {
      forgetCheckpoint.run(log);
      forgetFacts.run(log);
    }
  }
}

function headOf([base, maxTimestamp, peak, sizeInBytes]: HeadTuple): RowHead {
  return { base, maxTimestamp, peak, sizeInBytes };
}

function headOfRow([base, maxTimestamp, peak, bytes]: RowTuple): RowHead {
  return { base, maxTimestamp, peak, sizeInBytes: bytes.length };
}
