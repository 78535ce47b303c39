import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDriver } from '../../../src/adapters/storage/shared/driver.ts';
import { openSqliteLogStorage } from '../../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const MEGABYTE = 1024 * 1024;
let directory: string;
let storage: LogStorage;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hexlog-sqlite-'));
  storage = await open();
});
afterEach(async () => {
  await storage.close();
  rmSync(directory, { recursive: true });
});

function open(): Promise<LogStorage> {
  const clock = { now: () => 1_000_000 };
  const logger = new RecordingLogger();
  return openSqliteLogStorage({ directory, clock, logger, tailBytes: 0, walBytes: 4 * MEGABYTE });
}

async function reopened(): Promise<LogStorage> {
  await storage.close();
  return (storage = await open());
}

const fileOf = (suffix = ''): string => join(directory, `hexlog.db${suffix}`);

async function filled(log: PartitionLog, batches: number): Promise<void> {
  for (let at = 0; at < batches; at++) {
    appended(log, { sizeInBytes: 65_000, fill: at });
    await log.commit(at % 7 === 0);
  }
}

test('the write-ahead log stays small under load, and nothing is lost in checkpoints', async () => {
  const log = await storage.open(keyOf(0), 1, SETTINGS);
  const batches = 1000;
  await filled(log, batches);
  expect(statSync(fileOf('-wal')).size).toBeLessThan(16 * MEGABYTE);
  expect(statSync(fileOf()).size).toBeGreaterThan(40 * MEGABYTE);
  const expected = Array.from({ length: batches }, (_, at) => at);
  expect(baseOffsetsIn(await readAll(log, 0, MEGABYTE))).toEqual(expected);
  expect(await log.audit()).toEqual([]);
  const again = await (await reopened()).open(keyOf(0), 2, SETTINGS);
  expect(baseOffsetsIn(await readAll(again, 0, MEGABYTE))).toEqual(expected);
});

test('the pages of what was trimmed are used again', async () => {
  const log = await storage.open(keyOf(0), 1, SETTINGS);
  for (let round = 0; round < 12; round++) {
    await filled(log, 100);
    await log.trimBefore(log.endOffset);
    // A change after the trim comes when its rows are gone.
    while (log.sizeInBytes > 0) await log.saveCheckpoint(Buffer.from('x'));
  }
  await reopened();
  expect(statSync(fileOf()).size).toBeLessThan(20 * MEGABYTE);
});

test('one process has a directory, and it is free when the store is closed', async () => {
  expect(await codeOf(open)).toBe('locked');
  await reopened();
});

test('a database of a later layout, or none at all, is refused and left as it is', async () => {
  await storage.close();
  const db = new Database(fileOf());
  db.pragma('user_version = 99');
  db.close();
  await expect(open()).rejects.toThrow('99');
  const noDatabase = Buffer.from(
    'this is no database, but it is long enough to look like one '.repeat(200),
  );
  rmSync(fileOf());
  const fd = openSync(fileOf(), 'w');
  writeSync(fd, noDatabase);
  closeSync(fd);
  expect(await codeOf(open)).toBe('corrupt');
  expect(readFileSync(fileOf())).toEqual(noDatabase);
});

test('damage in one log is said where it is, and what lies around it is served', async () => {
  let log = await storage.open(keyOf(0), 1, SETTINGS);
  const other = await storage.open(keyOf(1), 1, SETTINGS);
  await filled(log, 4);
  await filled(other, 2);
  await storage.close();
  const db = new Database(fileOf());
  const bytes = db
    .prepare<[], Buffer>('SELECT bytes FROM batches WHERE log = 1 AND base = 2')
    .pluck()
    .get()!;
  bytes.fill(0xee, 0, 61);
  db.prepare('UPDATE batches SET bytes = ? WHERE log = 1 AND base = 2').run(bytes);
  db.close();
  storage = await open();
  log = await storage.open(keyOf(0), 2, SETTINGS);
  expect(baseOffsetsIn(await readOnce(log, 0, MEGABYTE))).toEqual([0, 1]);
  expect(await codeOf(() => log.read(2, MEGABYTE, size => Buffer.alloc(size)))).toBe('corrupt');
  await expect(log.read(2, 1, size => Buffer.alloc(size))).rejects.toThrow(
    /orders-0 is damaged at offset 2 .*hexlog\.db.* log 1/,
  );
  expect(baseOffsetsIn(await readOnce(log, 3, MEGABYTE))).toEqual([3]);
  expect(await log.audit()).not.toEqual([]);
  appended(log);
  await log.commit(true);
  const next = await storage.open(keyOf(1), 2, SETTINGS);
  expect(baseOffsetsIn(await readAll(next, 0, MEGABYTE))).toEqual([0, 1]);
});

test.each([
  ['base offset', 0],
  ['length', 8],
  ['magic', 16],
  ['offsets', 23],
])('a batch with a damaged %s is never served', async (_, field) => {
  let log = await storage.open(keyOf(0), 1, SETTINGS);
  for (let at = 0; at < 5; at++) appended(log, { sizeInBytes: 100 });
  await log.commit(false);
  appended(log, { sizeInBytes: 100 });
  await storage.close();
  const db = new Database(fileOf());
  const bytes = db.prepare<[], Buffer>('SELECT bytes FROM batches').pluck().get()!;
  bytes[200 + field]! ^= 0x80;
  db.prepare('UPDATE batches SET bytes = ? WHERE base = 0').run(bytes);
  db.close();
  storage = await open();
  log = await storage.open(keyOf(0), 2, SETTINGS);
  expect(baseOffsetsIn(await readOnce(log, 0, MEGABYTE))).toEqual([0, 1]);
  for (const offset of [2, 3, 4]) {
    const read = (): unknown => log.read(offset, MEGABYTE, size => Buffer.alloc(size));
    expect(await codeOf(read)).toBe('corrupt');
  }
  expect(baseOffsetsIn(await readOnce(log, 5, MEGABYTE))).toEqual([5]);
});

test('whatever is lost of the log that was not durable, the rest is sound and has all that was', async () => {
  const random = new SeededRandom(seedOfRun());
  const log = await storage.open(keyOf(0), 1, SETTINGS);
  const copy = mkdtempSync(join(tmpdir(), 'hexlog-sqlite-'));
  try {
    for (let round = 0; round < 20; round++) {
      for (let at = random.integer(4); at >= 0; at--) {
        appended(log, { sizeInBytes: random.pick([61, 900, 9000, 70_000]) });
        await log.commit(at === 0);
      }
      const durable = { endOffset: log.endOffset, walBytes: statSync(fileOf('-wal')).size };
      for (let more = random.integer(5); more >= 0; more--) {
        appended(log, { sizeInBytes: random.pick([61, 900, 9000, 70_000]) });
        await log.commit(false);
      }
      copyFileSync(fileOf(), join(copy, 'hexlog.db'));
      const wal = readFileSync(fileOf('-wal'));
      const kept = durable.walBytes + random.integer(wal.length - durable.walBytes + 1);
      // Of what was not synced, the disk may have any page or none.
      if (random.integer(2) === 0) wal.fill(0, kept);
      writeFileSync(join(copy, 'hexlog.db-wal'), wal.subarray(0, random.pick([kept, wal.length])));
      const clock = { now: () => 1_000_000 };
      const logger = new RecordingLogger();
      const left = await openSqliteLogStorage({ directory: copy, clock, logger });
      const found = await left.open(keyOf(0), 2, SETTINGS);
      const context = `seed ${random.seed}, round ${round}`;
      expect(found.endOffset, context).toBeGreaterThanOrEqual(durable.endOffset);
      expect(baseOffsetsIn(await readAll(found, 0, MEGABYTE))).toHaveLength(found.endOffset);
      expect(await found.audit(), context).toEqual([]);
      await left.close();
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test('an installation without the package is told what to do', async () => {
  const absent: string = 'no-such-package';
  const load = () => loadDriver('sqlite', 'better-sqlite3', () => import(absent));
  await expect(load()).rejects.toThrow(
    'storage = sqlite needs the package better-sqlite3: npm install better-sqlite3',
  );
  expect(await codeOf(load)).toBe('failed');
});

test('ten thousand logs are opened, written, listed and found again', async () => {
  const keys = Array.from({ length: 10_000 }, (_, at) => keyOf(at));
  const logs = await Promise.all(keys.map(key => storage.open(key, 1, SETTINGS)));
  for (const log of logs) appended(log, { sizeInBytes: 100 });
  await Promise.all(logs.map(log => log.commit(false)));
  await reopened();
  const listed = await storage.list();
  expect(listed).toHaveLength(10_000);
  expect(listed.every(({ sizeInBytes, epoch }) => sizeInBytes === 100 && epoch === 1)).toBe(true);
  const again = await Promise.all(keys.map(key => storage.open(key, 2, SETTINGS)));
  expect(again.every(({ endOffset }) => endOffset === 1)).toBe(true);
  expect(baseOffsetsIn(await readOnce(again[7777]!, 0, 1000))).toEqual([0]);
});
