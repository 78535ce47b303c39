import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LeveldbRowStore } from '../../../src/adapters/storage/leveldb/leveldb-row-store.ts';
import { rowStoreContract } from '../../contracts/row-store.contract.ts';

rowStoreContract('leveldb', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hexlog-leveldb-'));
  let store = await LeveldbRowStore.open(directory);
  return {
    store,
    reopen: async () => {
      await store.close();
      return (store = await LeveldbRowStore.open(directory));
    },
    dispose: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});
