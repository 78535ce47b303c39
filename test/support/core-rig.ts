import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLogStorage } from '../../src/adapters/storage/embedded/embedded-log-storage.ts';
import { openDatabase } from '../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import { RecordingLogger } from './recording-logger.ts';
import { TryingRowStore } from './trying-row-store.ts';

/** The core of the embedded stores over rows that are slow and fail; SQLite is what keeps them. */
export class CoreRig {
  readonly directory = mkdtempSync(join(tmpdir(), 'hexlog-core-'));
  rows!: TryingRowStore;
  storage!: EmbeddedLogStorage;

  async open(tailBytes = 0): Promise<EmbeddedLogStorage> {
    this.storage = await EmbeddedLogStorage.open({
      directory: this.directory,
      clock: { now: () => 1_000_000 },
      tailBytes,
      openStore: async directory => {
        this.rows = new TryingRowStore(
          await openDatabase(directory, { logger: new RecordingLogger() }),
        );
        return this.rows;
      },
    });
    return this.storage;
  }

  async reopen(): Promise<EmbeddedLogStorage> {
    await this.storage.close();
    return this.open();
  }

  async dispose(): Promise<void> {
    await this.storage.close();
    rmSync(this.directory, { recursive: true });
  }
}
