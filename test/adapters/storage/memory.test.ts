import { describe, expect, test } from 'vitest';
import { MemoryLogStorage } from '../../../src/adapters/storage/memory/memory-log-storage.ts';
import type { LogStorage } from '../../../src/ports/log-storage.ts';
import { logStorageContract } from '../../contracts/log-storage.contract.ts';
import {
  SETTINGS,
  appended,
  codeOf,
  keyOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';

logStorageContract('memory', async () => {
  const storage = new MemoryLogStorage({ arenaBytes: 16 * 1024 });
  return { storage, reopen: null, dispose: () => storage.close() };
});

describe('the budget of the memory store', () => {
  const MAX = 64 * 1024;

  async function filled() {
    const storage: LogStorage = new MemoryLogStorage({ maxBytes: MAX, arenaBytes: 8 * 1024 });
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    let kept = 0;
    for (;;) {
      appended(log, { sizeInBytes: 1000, fill: kept });
      if ((await codeOf(() => log.commit(false))) === 'failed') return { storage, log, kept };
      kept += 1;
    }
  }

  test('what exceeds it fails; what was committed stays readable', async () => {
    const { log, kept } = await filled();
    expect(kept).toBeGreaterThan(40);
    expect(log.endOffset).toBe(kept);
    expect(await codeOf(() => log.append(appended(log)))).toBe('failed');
    expect((await readAll(log, 0, 5000)).length).toBe(kept * 1000);
  });

  test('other logs are refused too, until something is removed', async () => {
    const { storage } = await filled();
    const other = await storage.open(keyOf(1), 1, SETTINGS);
    appended(other, { sizeInBytes: 20_000 });
    expect(await codeOf(() => other.commit(true))).toBe('failed');
    await storage.remove(keyOf(0));
    const again = await storage.open(keyOf(1), 2, SETTINGS);
    const batch = appended(again, { sizeInBytes: 20_000 });
    await again.commit(true);
    expect(await readOnce(again, 0, 1)).toEqual(batch.bytes);
  });

  test('trimmed arenas are used again for ever', async () => {
    const storage: LogStorage = new MemoryLogStorage({ maxBytes: MAX, arenaBytes: 8 * 1024 });
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    for (let round = 0; round < 1000; round++) {
      const batch = appended(log, { sizeInBytes: 1000, fill: round });
      await log.commit(false);
      expect((await readOnce(log, batch.baseOffset, 1)).equals(batch.bytes)).toBe(true);
      if (round > 20) await log.trimBefore(round - 20);
    }
    expect(log.sizeInBytes).toBeLessThan(MAX);
  });
});
