import type * as fs from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as level from 'level';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LeveldbRowStore } from '../../../src/adapters/storage/leveldb/leveldb-row-store.ts';
import { RowModel, rowOf } from '../../support/row-model.ts';

interface ClosableBatch {
  close(): Promise<void>;
}

/** What fails next, once; and what is there to be let go: descriptors, and batches that were neither written nor closed. */
const faults = vi.hoisted(() => ({
  readdir: null as Error | null,
  close: null as Error | null,
  iterator: null as Error | null,
  held: new Set<number>(),
  batches: [] as ClosableBatch[],
  closedBatches: new Set<ClosableBatch>(),
}));

vi.mock('node:fs', async importOriginal => {
  const original = await importOriginal<typeof fs>();
  const readdir = (path: string, done: (error: Error | null, names: string[]) => void): void => {
    const error = faults.readdir;
    faults.readdir = null;
    original.readdir(path, (cause, names) => done(error ?? cause, names));
  };
  const openSync = (path: string, flags: string): number => {
    const fd = original.openSync(path, flags);
    faults.held.add(fd);
    return fd;
  };
  const close = (fd: number, done: (error: Error | null) => void): void => {
    faults.held.delete(fd);
    original.close(fd, done);
  };
  const closeSync = (fd: number): void => {
    faults.held.delete(fd);
    original.closeSync(fd);
  };
  return { ...original, readdir, openSync, close, closeSync };
});

vi.mock('level', async importOriginal => {
  const { Level } = await importOriginal<typeof level>();
  class FailingLevel extends Level {
    override async close(): Promise<void> {
      await super.close();
      const error = faults.close;
      faults.close = null;
      if (error !== null) throw error;
    }

    override iterator(options?: object): never {
      const error = faults.iterator;
      faults.iterator = null;
      if (error !== null) throw error;
      return super.iterator(options ?? {}) as never;
    }

    override batch(): never {
      const batch = super.batch();
      const close = batch.close.bind(batch);
      batch.close = () => {
        faults.closedBatches.add(batch);
        return close();
      };
      faults.batches.push(batch);
      return batch as never;
    }
  }
  return { Level: FailingLevel };
});

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hexlog-leveldb-'));
});
afterEach(() => {
  vi.useRealTimers();
  Object.assign(faults, { readdir: null, close: null, iterator: null, batches: [] });
  faults.closedBatches.clear();
  rmSync(directory, { recursive: true });
});

test('an open that fails when LevelDB is open already leaves it free', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  faults.readdir = new Error('EMFILE');
  await expect(LeveldbRowStore.open(directory)).rejects.toThrow('EMFILE');
  expect([...faults.held]).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  await (await LeveldbRowStore.open(directory)).close();
});

test('a close that fails lets the files go all the same', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const store = await LeveldbRowStore.open(directory);
  expect(faults.held.size).toBe(1);
  faults.close = new Error('EIO');
  await expect(store.close()).rejects.toThrow('EIO');
  expect([...faults.held]).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a write that fails before it is one leaves no batch behind', async () => {
  const store = await LeveldbRowStore.open(directory);
  const rows = [rowOf({ log: 1, base: 0, bytes: 100 })];
  await store.write(new RowModel().changes({ cuts: [], rows, log: 1 }));
  faults.iterator = new Error('EIO');
  const cuts = [{ log: 1, from: 0, to: 1 }];
  const cut = store.write(new RowModel().changes({ cuts, rows: [], log: 1 }));
  await expect(cut).rejects.toThrow('EIO');
  expect(faults.closedBatches.has(faults.batches.at(-1)!)).toBe(true);
  await store.close();
});
