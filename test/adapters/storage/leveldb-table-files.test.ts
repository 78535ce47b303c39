import type * as fs from 'node:fs';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TableFiles } from '../../../src/adapters/storage/leveldb/table-files.ts';

/** The names of the files that are held open, by their descriptor. */
const held = vi.hoisted(() => new Map<number, string>());
const opening = vi.hoisted(() => ({ seen: () => {} }));

vi.mock('node:fs', async importOriginal => {
  const original = await importOriginal<typeof fs>();
  const open = (path: string, flags: string, done: (error: Error | null, fd: number) => void) =>
    original.open(path, flags, (error, fd) => {
      if (error === null) held.set(fd, path);
      opening.seen();
      done(error, fd);
    });
  const close = (fd: number, done: (error: Error | null) => void) => {
    held.delete(fd);
    original.close(fd, done);
  };
  return { ...original, open, close };
});

let directory: string;
let files: TableFiles;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hexlog-tables-'));
  files = new TableFiles(directory, { mostOpen: 3, idleAfterLooks: 20 });
});
afterEach(async () => {
  vi.useRealTimers();
  await files.close();
  rmSync(directory, { recursive: true });
});

function create(...names: string[]): void {
  for (const name of names) writeFileSync(join(directory, name), name);
}

async function expectHeld(...names: string[]): Promise<void> {
  await vi.waitFor(() => expect([...held.values()].map(path => basename(path))).toEqual(names));
}

test('tables are held from when they are there until they were removed', async () => {
  create('000004.log', 'MANIFEST-000002', '000005.ldb');
  await expectHeld('000005.ldb');
  create('000007.ldb');
  await expectHeld('000005.ldb', '000007.ldb');
  unlinkSync(join(directory, '000005.ldb'));
  await expectHeld('000007.ldb');
  await files.close();
  expect([...held]).toEqual([]);
});

test('of many tables the newest are held', async () => {
  create('999998.ldb', '999999.ldb', '1000000.ldb', '1000001.ldb');
  await expectHeld('999999.ldb', '1000000.ldb', '1000001.ldb');
  create('1000002.ldb');
  await expectHeld('1000000.ldb', '1000001.ldb', '1000002.ldb');
});

test('nothing is held after a close that came while the tables were looked at', async () => {
  const first = new Promise<void>(resolve => (opening.seen = resolve));
  create('000005.ldb', '000006.ldb', '000007.ldb');
  await first;
  await files.close();
  expect([...held]).toEqual([]);
});

test('a clock that is put back hides nothing', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  create('000005.ldb');
  await expectHeld('000005.ldb');
  vi.setSystemTime(Date.now() - 3_600_000);
  create('000007.ldb');
  await expectHeld('000005.ldb', '000007.ldb');
  unlinkSync(join(directory, '000005.ldb'));
  await expectHeld('000007.ldb');
});

test('a directory that does not change is looked at no more, until changes are to be expected', async () => {
  await files.close();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  files = new TableFiles(directory, { idleAfterLooks: 20 });
  create('000005.ldb');
  await expectHeld('000005.ldb');
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0), { timeout: 10_000 });
  files.expectChanges();
  create('000007.ldb');
  await expectHeld('000005.ldb', '000007.ldb');
  await files.close();
  files.expectChanges();
  expect(vi.getTimerCount()).toBe(0);
});
