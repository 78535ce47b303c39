import type * as fs from 'node:fs';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LeveldbRowStore } from '../../../src/adapters/storage/leveldb/leveldb-row-store.ts';
import { RowModel, rowOf } from '../../support/row-model.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

/** What the disk has surely got of each file, in bytes, by its inode; and the error of the next sync. */
const disk = vi.hoisted(() => ({
  synced: new Map<number, number>(),
  nextError: null as Error | null,
}));

vi.mock('node:fs', async importOriginal => {
  const original = await importOriginal<typeof fs>();
  const fdatasync = (fd: number, done: (error: Error | null) => void): void => {
    const { ino, size } = original.fstatSync(fd);
    const error = disk.nextError;
    disk.nextError = null;
    original.fdatasync(fd, cause => {
      if (error === null && cause === null) disk.synced.set(ino, size);
      done(error ?? cause);
    });
  };
  return { ...original, fdatasync };
});

const SIZES = { writeBufferBytes: 256 * 1024, garbageBytes: 20_000 };

let directory: string;
let store: LeveldbRowStore;
/** Every log file that was ever seen, held open: LevelDB removes those that it needs no more. */
const logs = new Map<string, number>();
let base = 0;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hexlog-leveldb-'));
  store = await LeveldbRowStore.open(directory, SIZES);
  seeLogs();
});
afterEach(async () => {
  await store.close().catch(() => undefined);
  for (const fd of logs.values()) closeSync(fd);
  logs.clear();
  disk.synced.clear();
  rmSync(directory, { recursive: true });
});

/** The names of log files that were not there before. */
function seeLogs(): string[] {
  const names = readdirSync(directory).filter(name => name.endsWith('.log'));
  const fresh = names.filter(name => !logs.has(name));
  for (const name of fresh) logs.set(name, openSync(join(directory, name), 'r'));
  return fresh;
}

function unsyncedBytesOf(fd: number): number {
  const { ino, size } = fstatSync(fd);
  return size - (disk.synced.get(ino) ?? 0);
}

async function write(sizes: readonly number[]): Promise<void> {
  const rows = sizes.map(bytes => rowOf({ log: 1, base: base++, bytes }));
  await store.write(new RowModel().changes({ cuts: [], rows, log: 1 }));
}

test('a log file is on the disk whole before LevelDB begins another', async () => {
  const random = new SeededRandom(seedOfRun());
  let begun = 0;
  for (let count = 0; count < 600; count++) {
    const before = [...logs.values()];
    const sizes = Array.from({ length: random.integer(4) }, () =>
      random.pick([10, 100, 900, 1100, 5000, 66_000]),
    );
    await write(sizes);
    if (seeLogs().length === 0) continue;
    begun += 1;
    const left = before.map(unsyncedBytesOf);
    expect(left, `seed ${random.seed}`).toEqual(before.map(() => 0));
  }
  expect(begun, 'a run in which no file was begun proves nothing').toBeGreaterThan(10);
});

test('a sync covers all that was written before it', async () => {
  await write([100]);
  expect(unsyncedBytesOf([...logs.values()].at(-1)!)).toBeGreaterThan(0);
  for (let count = 0; count < 100; count++) {
    await write([7000]);
    await store.sync();
    seeLogs();
    expect([...logs.values()].map(unsyncedBytesOf).at(-1)).toBe(0);
  }
});

/** Drops enough to set off a compaction, which begins a log file, and waits until LevelDB needs the one before no more. */
async function compacted(): Promise<void> {
  await write([30_000]);
  seeLogs();
  const before = [...logs.keys()].at(-1)!;
  const cuts = [{ log: 1, from: base - 1, to: base }];
  await store.write(new RowModel().changes({ cuts, rows: [], log: 1 }));
  const isGone = async (): Promise<void> => {
    // The compaction before may not be over yet: then it is another write that sets this one off.
    if (seeLogs().length === 0 && [...logs.keys()].at(-1) === before) await write([]);
    expect(existsSync(join(directory, before))).toBe(false);
  };
  await vi.waitFor(isGone, { timeout: 20_000 });
  seeLogs();
}

test('a sync covers what was written after a compaction has begun a log file', async () => {
  for (let count = 0; count < 20; count++) {
    await compacted();
    await write([100]);
    await store.sync();
    expect(unsyncedBytesOf([...logs.values()].at(-1)!)).toBe(0);
  }
});

test('what was written after a compaction has begun a log file is durable when it is closed', async () => {
  for (let count = 0; count < 20; count++) {
    await compacted();
    await write([100]);
    await store.close();
    expect(unsyncedBytesOf([...logs.values()].at(-1)!)).toBe(0);
    store = await LeveldbRowStore.open(directory, SIZES);
  }
});

test('a sync that failed is not tried again, and nothing is written any more', async () => {
  await write([100]);
  disk.nextError = new Error('EIO');
  await expect(store.sync()).rejects.toThrow('EIO');
  await expect(store.sync()).rejects.toThrow('EIO');
  await expect(write([100])).rejects.toThrow('EIO');
  expect((await store.floor(1, base))?.sizeInBytes).toBe(100);
});
