import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbRowStore } from '../../../src/adapters/storage/lmdb/lmdb-row-store.ts';
import { rowStoreContract } from '../../contracts/row-store.contract.ts';

rowStoreContract('lmdb', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hexlog-lmdb-'));
  let store = await LmdbRowStore.open({ directory });
  return {
    store,
    reopen: async () => {
      await store.close();
      return (store = await LmdbRowStore.open({ directory }));
    },
    dispose: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});
