import { ArrayLogStorage } from '../../support/array-log-storage.ts';
import { logStorageContract } from '../../contracts/log-storage.contract.ts';

logStorageContract('arrays', async () => {
  const storage = new ArrayLogStorage();
  return { storage, reopen: null, dispose: () => storage.close() };
});
