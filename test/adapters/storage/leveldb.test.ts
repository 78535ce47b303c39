import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLeveldbLogStorage } from '../../../src/adapters/storage/leveldb/leveldb-log-storage.ts';
import { logStorageContract } from '../../contracts/log-storage.contract.ts';

/** With the newest rows in memory, and with every read out of the database. */
for (const tailBytes of [undefined, 0]) {
  logStorageContract(`leveldb${tailBytes === 0 ? ', every read cold' : ''}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hexlog-leveldb-'));
    const clock = { now: () => 1_000_000 };
    const cache = tailBytes === undefined ? {} : { tailBytes };
    const open = () => openLeveldbLogStorage({ directory, clock, ...cache });
    let storage = await open();
    return {
      storage,
      reopen: async () => {
        await storage.close();
        return (storage = await open());
      },
      dispose: async () => {
        await storage.close();
        rmSync(directory, { recursive: true });
      },
    };
  });
}
