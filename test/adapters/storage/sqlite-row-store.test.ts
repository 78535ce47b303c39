import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import { rowStoreContract } from '../../contracts/row-store.contract.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

rowStoreContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hexlog-sqlite-rows-'));
  const open = () => openDatabase(directory, { logger: new RecordingLogger() });
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      return (store = await open());
    },
    dispose: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});
