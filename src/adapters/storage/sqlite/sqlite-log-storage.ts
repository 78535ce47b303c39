import { open } from 'node:fs/promises';
import type { Database } from 'better-sqlite3';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Clock } from '../../../ports/clock.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { StorageMetrics } from '../../../ports/metrics.ts';
import { EmbeddedLogStorage } from '../embedded/embedded-log-storage.ts';
import type { RowStore } from '../embedded/row-store.ts';
import { loadDriver } from '../shared/driver.ts';
import { calling } from './calling.ts';
import { SqliteRowStore } from './sqlite-row-store.ts';
import { prepareSchema } from './statements.ts';
import { WalCheckpoints } from './wal-checkpoints.ts';

const DRIVER = 'better-sqlite3';
const FILE = 'hexlog.db';
const PAGE_BYTES = 8 * 1024;
const CACHE_KIBIBYTES = 16 * 1024;
const WAL_BYTES = 256 * 1024 * 1024;

export interface DatabaseOptions {
  readonly logger: Logger;
  /** How large the write-ahead log may grow under load, about. */
  readonly walBytes?: number;
}

export interface SqliteOptions extends DatabaseOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly tailBytes?: number;
  readonly metrics?: StorageMetrics;
}

/** All logs in one SQLite database in a directory, which one process holds at a time. */
export function openSqliteLogStorage(options: SqliteOptions): Promise<LogStorage> {
  const openStore = (directory: string): Promise<RowStore> => openDatabase(directory, options);
  return EmbeddedLogStorage.open({ ...options, openStore });
}

/** The rows alone, in a directory that is there. */
export async function openDatabase(
  directory: string,
  { logger, walBytes = WAL_BYTES }: DatabaseOptions,
): Promise<RowStore> {
  const Driver = await loadDriver('sqlite', DRIVER, loadDatabase);
  const file = join(directory, FILE);
  const driver = createRequire(import.meta.url).resolve(DRIVER);
  const db = new Driver(file);
  try {
    calling(() => prepare(db));
    await directorySynced(directory);
    const options = { file, driver, pageBytes: PAGE_BYTES, walBytes, logger };
    return new SqliteRowStore(db, new WalCheckpoints(options));
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(db: Database): void {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_autocheckpoint = 0');
  db.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  prepareSchema(db);
}

/** The package finds its native part when a database is opened. */
async function loadDatabase() {
  const { default: Driver } = await import('better-sqlite3');
  new Driver(':memory:').close();
  return Driver;
}

/** A database and its WAL that were just made have durable names. */
async function directorySynced(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
