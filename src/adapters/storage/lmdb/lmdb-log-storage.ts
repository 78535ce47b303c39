import type { Clock } from '../../../ports/clock.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { StorageMetrics } from '../../../ports/metrics.ts';
import { EmbeddedLogStorage } from '../embedded/embedded-log-storage.ts';
import { LmdbRowStore } from './lmdb-row-store.ts';

export interface LmdbOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly tailBytes?: number;
  readonly metrics?: StorageMetrics;
}

/** All logs in one LMDB environment in a directory, which one process holds at a time. */
export function openLmdbLogStorage(options: LmdbOptions): Promise<LogStorage> {
  const openStore = (directory: string): Promise<LmdbRowStore> => LmdbRowStore.open({ directory });
  return EmbeddedLogStorage.open({ ...options, openStore });
}
