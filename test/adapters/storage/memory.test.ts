import { describe, expect, test } from 'vitest';
import {
  MemoryLogStorage,
  type MemoryLogStorageOptions,
} from '../../../src/adapters/storage/memory/memory-log-storage.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import { logStorageContract } from '../../contracts/log-storage.contract.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
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

describe('the ring mode of the memory store', () => {
  async function ring(options: MemoryLogStorageOptions, topic = 'orders') {
    const storage: LogStorage = new MemoryLogStorage({ arenaBytes: 8 * 1024, ...options });
    return { storage, log: await storage.open({ ...keyOf(0), topic }, 1, SETTINGS) };
  }

  async function write(log: PartitionLog, count: number, sizeInBytes = 500): Promise<void> {
    for (let at = 0; at < count; at++) {
      appended(log, { sizeInBytes, count: 2, fill: at });
      await log.commit(false);
    }
  }

  test('a log that holds more bytes drops its oldest batches, and its start moves', async () => {
    const { log, storage } = await ring({ maxPartitionBytes: 10_000 });
    await write(log, 20);
    expect([log.startOffset, log.endOffset, log.sizeInBytes]).toEqual([0, 40, 10_000]);
    await write(log, 1);
    expect([log.startOffset, log.endOffset, log.sizeInBytes]).toEqual([2, 42, 10_000]);
    await write(log, 1000);
    expect([log.startOffset, log.endOffset, log.sizeInBytes]).toEqual([2002, 2042, 10_000]);
    expect(baseOffsetsIn(await readAll(log, 0, 700))[0]).toBe(2002);
    expect(log.epochs).toEqual([{ epoch: 1, startOffset: 2002 }]);
    // What the arenas hold besides is small beside the ring.
    const { totalBytes, usableBytes } = await storage.volume();
    expect(totalBytes - usableBytes).toBeLessThan(14_000);
  });

  test('a log that holds more records drops its oldest batches', async () => {
    const { log } = await ring({ maxPartitionRecords: 5 });
    await write(log, 10);
    expect([log.startOffset, log.endOffset]).toEqual([16, 20]);
  });

  test('nothing goes before a commit, and the newest batch never', async () => {
    const { log } = await ring({ maxPartitionBytes: 1000 });
    for (let at = 0; at < 5; at++) appended(log, { sizeInBytes: 500 });
    expect(log.startOffset).toBe(0);
    await log.commit(false);
    expect(log.startOffset).toBe(3);
    await write(log, 1, 5000);
    expect([log.startOffset, log.endOffset, log.sizeInBytes]).toEqual([5, 7, 5000]);
  });

  test('many partitions share the budget of the store', async () => {
    const { storage } = await ring({ maxBytes: 100_000, maxPartitionBytes: 10_000 });
    for (let at = 0; at < 6; at++) {
      const log = await storage.open(keyOf(at), 2, SETTINGS);
      await write(log, 100);
      expect(log.sizeInBytes).toBe(10_000);
    }
  });

  test.each(['__cluster_metadata', '__consumer_offsets'])('%s is kept whole', async topic => {
    const { log } = await ring({ maxPartitionBytes: 1000, maxPartitionRecords: 1 }, topic);
    await write(log, 50);
    expect([log.startOffset, log.sizeInBytes]).toEqual([0, 25_000]);
  });

  test('a reader that falls behind goes on with the oldest batch there is', async () => {
    const { log } = await ring({ maxPartitionBytes: 2000 });
    await write(log, 2);
    expect(baseOffsetsIn(await readOnce(log, 0, 10_000))).toEqual([0, 2]);
    await write(log, 10);
    expect(baseOffsetsIn(await readOnce(log, 4, 10_000))).toEqual([16, 18, 20, 22]);
  });
});
