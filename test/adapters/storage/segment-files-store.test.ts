import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { thisProcess } from '../../../src/adapters/storage/shared/directory-lock.ts';
import { DirectoryLock } from '../../../src/adapters/storage/shared/directory-lock.ts';
import { NodeFileSystem } from '../../../src/adapters/storage/segment-files/node-file-system.ts';
import type { LogSettings } from '../../../src/ports/log-storage.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
} from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';

const DIRECTORY = '/data/orders-0.AbC-_0123456789abcdefg';

let harness: SegmentFilesHarness;
beforeEach(() => {
  harness = new SegmentFilesHarness();
});

describe('the lock', () => {
  const alive = (pid: number, starts: Record<number, string>) => ({
    process: { pid, startOf: (asked: number) => starts[asked] ?? null },
  });

  test('a living process keeps others out, and is named', async () => {
    await harness.open(alive(10, { 10: 'a' }));
    const second = harness.open(alive(11, { 10: 'a', 11: 'b' }));
    await expect(second).rejects.toMatchObject({ code: 'locked' });
    await expect(second).rejects.toThrow(/\/data is in use by process 10/);
  });

  test('the same process cannot open twice', async () => {
    await harness.open(alive(10, { 10: 'a' }));
    expect(await codeOf(() => harness.open(alive(10, { 10: 'a' })))).toBe('locked');
  });

  test.each([
    ['is gone', 11, { 11: 'b' }],
    ['had this number before', 10, { 10: 'c' }],
    ['had a number that another has now', 11, { 10: 'c', 11: 'b' }],
  ])('the lock of a process that %s is stale', async (_, pid, starts) => {
    await harness.open(alive(10, { 10: 'a' }));
    const storage = await harness.open(alive(pid, starts));
    expect(await codeOf(() => harness.open(alive(pid, starts)))).toBe('locked');
    await storage.close();
    expect(harness.fileSystem.list('/data')).toEqual([]);
  });

  test('an unreadable lock is stale', async () => {
    harness.fileSystem.makeDirectory('/data');
    harness.fileSystem.setContent('/data/lock', Buffer.alloc(0));
    await (await harness.open(alive(10, { 10: 'a' }))).close();
  });

  test('of two that see one stale lock, one gets it', () => {
    harness.fileSystem.makeDirectory('/data');
    harness.fileSystem.setContent('/data/lock', Buffer.from('9 x\n'));
    const second = new DirectoryLock(
      harness.fileSystem,
      '/data',
      alive(11, { 10: 'a', 11: 'b' }).process,
    );
    // The first takes the lock just before the second, which has judged the old one stale, moves it away.
    const overtaken = {
      pid: 11,
      startOf: (pid: number) => {
        if (pid === 9)
          new DirectoryLock(harness.fileSystem, '/data', alive(10, { 10: 'a' }).process).acquire();
        return pid === 11 ? 'b' : null;
      },
    };
    const late = new DirectoryLock(harness.fileSystem, '/data', overtaken);
    expect(() => late.acquire()).toThrow(/in use by process 10/);
    expect(() => second.acquire()).toThrow(/in use by process 10/);
    expect(harness.fileSystem.contentOf('/data/lock').toString()).toBe('10 a\n');
  });

  test('real processes are told apart', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hexlog-lock-'));
    const lock = new DirectoryLock(new NodeFileSystem(), directory, thisProcess);
    lock.acquire();
    expect(() => lock.acquire()).toThrow(`process ${process.pid}`);
    const held = readFileSync(join(directory, 'lock'), 'utf8');
    writeFileSync(join(directory, 'lock'), held.replace(/ .*/, ' 1'));
    lock.acquire();
    expect(thisProcess.startOf(2 ** 22 + 1)).toBeNull();
    rmSync(directory, { recursive: true });
  });
});

describe('descriptors', () => {
  test('no more files are open than allowed, however many logs there are', async () => {
    const storage = await harness.open({ maxOpenFiles: 4, maxConcurrentSyncs: 2 });
    const logs = await Promise.all(
      Array.from({ length: 50 }, (_, at) => storage.open(keyOf(at), 1, SETTINGS)),
    );
    harness.fileSystem.mostOpen = 0;
    for (let round = 0; round < 5; round++) {
      const commits = logs.map((log, at) => {
        appended(log, { fill: at, sizeInBytes: at % 2 === 0 ? 100 : 17_000 });
        return log.commit(at % 3 === 0);
      });
      await Promise.all(commits);
    }
    for (const log of logs)
      expect(baseOffsetsIn(await readAll(log, 0, 50_000))).toEqual([0, 1, 2, 3, 4]);
    await Promise.all(logs.map(log => log.commit(true)));
    expect(harness.fileSystem.openCount).toBeLessThanOrEqual(4);
    await storage.close();
    expect(harness.fileSystem.openCount).toBe(0);
  });

  test('a file is made at the first append, not at open', async () => {
    const storage = await harness.open();
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    expect(harness.fileSystem.list(DIRECTORY)).toEqual(['partition.json']);
    appended(log);
    expect(harness.fileSystem.list(DIRECTORY)).toHaveLength(2);
    await storage.close();
  });

  test('a file that is trimmed away while it is read stays open until then', async () => {
    const storage = await harness.open({ hotTailBytes: 0 });
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    for (let at = 0; at < 6; at++) appended(log, { sizeInBytes: 1000 });
    await log.commit(true);
    const read = log.read(0, 3000, bytes => Buffer.alloc(bytes));
    const trim = log.trimBefore(5);
    expect(baseOffsetsIn(await read)).toEqual([0, 1, 2]);
    await trim;
    expect(await readAll(log, 0, 1000)).toHaveLength(1000);
    await storage.close();
    expect(harness.fileSystem.openCount).toBe(0);
  });
});

describe('rolling', () => {
  const segments = () =>
    harness.fileSystem
      .list(DIRECTORY)
      .filter(name => name.endsWith('.log'))
      .map(name => Number.parseInt(name, 10));

  async function opened(settings: LogSettings) {
    const storage = await harness.open();
    return storage.open(keyOf(0), 1, settings);
  }

  test('by size: a segment is never larger, unless one batch is', async () => {
    const log = await opened({ ...SETTINGS, segmentBytes: 1000 });
    for (const sizeInBytes of [400, 600, 1, 5000, 400, 601].map(size => Math.max(61, size))) {
      appended(log, { sizeInBytes });
    }
    expect(segments()).toEqual([0, 2, 3, 4, 5]);
  });

  test('by time: the newest timestamp is later than the first by more than segment.ms', async () => {
    const log = await opened({ ...SETTINGS, segmentMs: 1000 });
    for (const maxTimestamp of [5000, 6000, 6001, 5500, 7002]) appended(log, { maxTimestamp });
    expect(segments()).toEqual([0, 2, 4]);
  });

  test('by time without timestamps: the clock tells', async () => {
    const log = await opened({ ...SETTINGS, segmentMs: 1000 });
    appended(log, { maxTimestamp: -1 });
    harness.now += 1000;
    appended(log, { maxTimestamp: -1 });
    expect(segments()).toEqual([0]);
    harness.now += 1;
    appended(log, { maxTimestamp: -1 });
    expect(segments()).toEqual([0, 2]);
  });

  test('by offset: relative offsets fit an int32', async () => {
    const log = await opened(SETTINGS);
    appended(log, { count: 2 ** 30 });
    appended(log, { count: 2 ** 30 - 1 });
    appended(log, { count: 1 });
    expect(segments()).toEqual([0, 2 ** 31 - 1]);
  });

  test('a changed setting is followed at once', async () => {
    const settings = { ...SETTINGS, segmentBytes: 100_000 };
    const log = await opened(settings);
    for (let at = 0; at < 20; at++) appended(log);
    settings.segmentBytes = 200;
    appended(log);
    expect(segments()).toEqual([0, 20]);
  });

  test('the time of a segment counts on after a restart', async () => {
    const log = await opened({ ...SETTINGS, segmentMs: 1000 });
    appended(log, { maxTimestamp: 5000 });
    await log.commit(true);
    const storage = await harness.open();
    const again = await storage.open(keyOf(0), 2, { ...SETTINGS, segmentMs: 1000 });
    appended(again, { maxTimestamp: 6001 });
    expect(segments()).toEqual([0, 1]);
  });
});

test('a list lets others have their turn once in a hundred logs that it has to look up', async () => {
  const first = await harness.open();
  for (let at = 0; at < 130; at++) await first.open(keyOf(at), 1, SETTINGS);
  await first.close();
  const storage = await harness.open();
  for (let at = 99; at < 120; at++) await storage.open(keyOf(at), 1, SETTINGS);
  const turns = vi.spyOn(globalThis, 'setImmediate');
  const listed = await storage.list();
  const { length } = turns.mock.calls;
  turns.mockRestore();
  expect(listed).toHaveLength(130);
  expect(length).toBe(1);
});
