import { openLeveldbLogStorage } from '../../src/adapters/storage/leveldb/leveldb-log-storage.ts';
import { openLmdbLogStorage } from '../../src/adapters/storage/lmdb/lmdb-log-storage.ts';
import { openSqliteLogStorage } from '../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import type { StorageEngine } from '../../src/main/broker-options.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import { RecordingLogger } from './recording-logger.ts';

export const EMBEDDED_ENGINES = ['sqlite', 'leveldb', 'lmdb'] as const;

/** Opens a store that lies in a database, with nothing kept in memory for readers. */
export function openEmbedded(engine: StorageEngine, directory: string): Promise<LogStorage> {
  const options = { directory, clock: { now: () => 1_000_000 }, tailBytes: 0 };
  if (engine === 'leveldb') return openLeveldbLogStorage(options);
  if (engine === 'lmdb') return openLmdbLogStorage(options);
  return openSqliteLogStorage({ ...options, logger: new RecordingLogger() });
}
