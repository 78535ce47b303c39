import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../ports/clock.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { StorageMetrics } from '../../../ports/metrics.ts';
import { EmbeddedLogStorage } from '../embedded/embedded-log-storage.ts';
import { LeveldbRowStore } from './leveldb-row-store.ts';

export interface LeveldbOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly tailBytes?: number;
  readonly metrics?: StorageMetrics;
}

/** All logs in one LevelDB in a directory, which one process holds at a time. */
export function openLeveldbLogStorage(options: LeveldbOptions): Promise<LogStorage> {
  return EmbeddedLogStorage.open({ ...options, openStore });
}

/** In a folder of its own: LevelDB's `LOCK` and the store's `lock` are one name on some file systems. */
async function openStore(parent: string): Promise<LeveldbRowStore> {
  const directory = join(parent, 'leveldb');
  await mkdir(directory, { recursive: true });
  return LeveldbRowStore.open(directory);
}
