import { beforeEach, describe, expect, test } from 'vitest';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
} from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';

let harness: SegmentFilesHarness;
let storage: LogStorage;
let log: PartitionLog;
let epoch: number;

beforeEach(async () => {
  harness = new SegmentFilesHarness();
  epoch = 1;
  storage = await harness.open();
  log = await storage.open(keyOf(0), epoch, SETTINGS);
});

async function afterPowerLoss(): Promise<number[]> {
  harness.fileSystem.crash('lose-all');
  storage = await harness.open();
  log = await storage.open(keyOf(0), ++epoch, SETTINGS);
  return baseOffsetsIn(await readAll(log, 0, 1000));
}

/** Lets everything run that waits for nothing but the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve));
}

describe('power loss', () => {
  test('a durable commit is on disk (mutant: skip the fsync)', async () => {
    appended(log);
    appended(log);
    await log.commit(true);
    appended(log);
    await log.commit(false);
    expect(await afterPowerLoss()).toEqual([0, 1]);
  });

  test('a large batch is on disk too', async () => {
    appended(log, { sizeInBytes: 50_000 });
    await log.commit(true);
    expect(await afterPowerLoss()).toEqual([0]);
  });

  test('the names of new segments are on disk (mutant: skip the directory fsync)', async () => {
    for (let at = 0; at < 4; at++) {
      appended(log, { sizeInBytes: 1400 });
      await log.commit(true);
    }
    expect(await afterPowerLoss()).toEqual([0, 1, 2, 3]);
  });

  test('a fence is on disk before open returns (mutant: no epoch compare)', async () => {
    await storage.open(keyOf(0), 5, SETTINGS);
    harness.fileSystem.crash('lose-all');
    storage = await harness.open();
    expect(await codeOf(() => storage.open(keyOf(0), 4, SETTINGS))).toBe('fenced');
    expect((await storage.open(keyOf(0), 5, SETTINGS)).epochs.at(-1)?.epoch).toBe(5);
  });

  test('truncation, trim and checkpoint are on disk', async () => {
    for (let at = 0; at < 9; at++) appended(log, { sizeInBytes: 700 });
    await log.truncateTo(5);
    await log.trimBefore(3);
    await log.saveCheckpoint(Buffer.from('derived'));
    expect(await afterPowerLoss()).toEqual([3, 4]);
    expect(log.startOffset).toBe(3);
    expect(log.checkpoint?.toString()).toBe('derived');
    await log.truncateTo(4);
    expect(await afterPowerLoss()).toEqual([3]);
    expect(log.checkpoint).toBeNull();
  });

  test('a removed log stays removed', async () => {
    appended(log);
    await log.commit(true);
    await storage.remove(keyOf(0));
    expect(await afterPowerLoss()).toEqual([]);
  });

  test('a close makes durable what was appended', async () => {
    appended(log);
    await storage.close();
    expect(await afterPowerLoss()).toEqual([0]);
  });
});

describe('acknowledgement', () => {
  test('a durable commit waits for the disk, and shows nothing before', async () => {
    appended(log);
    const { stalled, release } = harness.fileSystem.stallSyncs();
    let isDone = false;
    const commit = log.commit(true).then(() => (isDone = true));
    await stalled;
    await settled();
    expect(isDone).toBe(false);
    expect(await readAll(log, 0, 1000)).toHaveLength(0);
    release();
    await commit;
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0]);
  });

  test('other commits do not wait for the disk', async () => {
    appended(log);
    const { stalled, release } = harness.fileSystem.stallSyncs();
    const durable = log.commit(true);
    await stalled;
    appended(log);
    await log.commit(false);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 1]);
    release();
    await durable;
  });

  test('commits that come while a sync is on its way share the next one', async () => {
    appended(log);
    await log.commit(true);
    const before = harness.fileSystem.calls.sync;
    const { stalled, release } = harness.fileSystem.stallSyncs();
    appended(log);
    const commits = [log.commit(true)];
    await stalled;
    for (let at = 0; at < 100; at++) {
      appended(log, { sizeInBytes: 61, count: 1 });
      commits.push(log.commit(true));
      if (at % 10 === 0) await settled();
    }
    expect(harness.fileSystem.calls.sync - before).toBe(0);
    release();
    await Promise.all(commits);
    // Two rounds; the second has a segment that was rolled, and its index.
    expect(harness.fileSystem.calls.sync - before).toBeLessThan(20);
  });

  test('small batches of one tick are one write', async () => {
    const before = harness.fileSystem.calls.write;
    const roomy = await storage.open(keyOf(0), ++epoch, { ...SETTINGS, segmentBytes: 1e6 });
    const opened = harness.fileSystem.calls.write;
    expect(opened).toBeGreaterThan(before);
    const commits = Array.from({ length: 100 }, () => {
      appended(roomy);
      return roomy.commit(false);
    });
    await Promise.all(commits);
    expect(harness.fileSystem.calls.write - opened).toBe(1);
  });
});

describe('a failure is the end of the log', () => {
  test('a failed sync is never acknowledged and never retried (mutant: retry after a failed fsync)', async () => {
    appended(log);
    await log.commit(true);
    harness.fileSystem.failNth('sync', 1, 'EIO', /\.log$/);
    appended(log);
    expect(await codeOf(() => log.commit(true))).toBe('failed');
    const before = harness.fileSystem.calls.sync;
    expect(await codeOf(() => log.commit(true))).toBe('failed');
    expect(await codeOf(() => log.commit(false))).toBe('failed');
    expect(await codeOf(() => appended(log))).toBe('failed');
    expect(await codeOf(() => log.truncateTo(1))).toBe('failed');
    await settled();
    expect(harness.fileSystem.calls.sync).toBe(before);
    expect(log.endOffset).toBe(1);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0]);
  });

  test('every commit that waited is refused, and shown to nobody', async () => {
    const { stalled, release } = harness.fileSystem.stallSyncs();
    harness.fileSystem.failNth('sync', 1, 'EIO', /\.log$/);
    appended(log);
    const first = codeOf(() => log.commit(true));
    await stalled;
    appended(log);
    const second = codeOf(() => log.commit(true));
    await settled();
    release();
    expect(await Promise.all([first, second])).toEqual(['failed', 'failed']);
    expect(await readAll(log, 0, 1000)).toHaveLength(0);
  });

  test('what the kernel dropped is written again at the next open', async () => {
    appended(log);
    await log.commit(false);
    harness.fileSystem.failNth('sync', 1, 'EIO', /\.log$/);
    expect(await codeOf(() => log.commit(true))).toBe('failed');
    log = await storage.open(keyOf(0), ++epoch, SETTINGS);
    expect(log.endOffset).toBe(1);
    appended(log);
    await log.commit(true);
    expect(await afterPowerLoss()).toEqual([0, 1]);
  });

  test.each([
    ['small', 100],
    ['large', 20_000],
  ])('a failed write of a %s batch leaves nothing behind', async (_, sizeInBytes) => {
    appended(log);
    await log.commit(true);
    const other = await storage.open(keyOf(1), 1, SETTINGS);
    harness.fileSystem.failNth('write', 1, 'ENOSPC', /orders-0.*\.log$/);
    appended(other);
    appended(log, { sizeInBytes });
    expect(await codeOf(() => log.commit(false))).toBe('failed');
    await other.commit(true);
    expect(log).toMatchObject({ endOffset: 1, sizeInBytes: 100 });
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0]);
    log = await storage.open(keyOf(0), ++epoch, SETTINGS);
    expect(log.endOffset).toBe(1);
    appended(log);
    await log.commit(true);
    expect(await afterPowerLoss()).toEqual([0, 1]);
  });

  test('a slow disk is written to in the background, in order', async () => {
    harness.fileSystem.beforeWrite = () => (harness.now += 20);
    for (let at = 0; at < 20; at++) {
      appended(log, { sizeInBytes: at % 3 === 0 ? 20_000 : 200 });
      void log.commit(at % 4 === 0);
    }
    await log.commit(true);
    expect(await afterPowerLoss()).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  test('a background write that fails is refused too', async () => {
    harness.fileSystem.beforeWrite = () => (harness.now += 20);
    appended(log);
    await log.commit(true);
    harness.fileSystem.failNth('write', 1, 'EIO', /\.log$/);
    appended(log, { sizeInBytes: 70_000 });
    expect(await codeOf(() => log.commit(true))).toBe('failed');
    expect(log.endOffset).toBe(1);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0]);
  });
});
