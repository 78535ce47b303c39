import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedLogStorage } from '../../../src/adapters/storage/embedded/embedded-log-storage.ts';
import { openDatabase } from '../../../src/adapters/storage/sqlite/sqlite-log-storage.ts';
import { WalCheckpoints } from '../../../src/adapters/storage/sqlite/wal-checkpoints.ts';
import type { PartitionLog } from '../../../src/ports/log-storage.ts';
import { CoreRig } from '../../support/core-rig.ts';
import { ChangeSet } from '../../../src/adapters/storage/embedded/change-set.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
} from '../../support/log-storage-steps.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TryingRowStore } from '../../support/trying-row-store.ts';

const EIO = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
let rig: CoreRig;
let log: PartitionLog;

beforeEach(async () => {
  rig = new CoreRig();
  const storage = await rig.open();
  log = await storage.open(keyOf(0), 1, SETTINGS);
  for (let at = 0; at < 8; at++) appended(log, { sizeInBytes: 300 });
  await log.commit(true);
});
afterEach(() => rig.dispose());

const writers: [string, () => Promise<unknown>][] = [
  ['a commit', () => (appended(log), log.commit(false))],
  ['a durable commit', () => (appended(log), log.commit(true))],
  ['truncateTo', () => log.truncateTo(3)],
  ['trimBefore', () => log.trimBefore(5)],
  ['restartAt', () => log.restartAt(50)],
  ['rewrite', async () => (await log.rewrite(5)).finish()],
  ['saveCheckpoint', () => log.saveCheckpoint(Buffer.from('x'))],
];
test.each(writers)(
  '%s that fails takes what waits for the next write with it',
  async (_, write) => {
    const reached = rig.rows.next('beforeWrite');
    const failed = codeOf(write);
    const fail = await reached;
    appended(log, { sizeInBytes: 600_000 });
    const commits = [codeOf(() => log.commit(false)), codeOf(() => log.commit(true))];
    fail(EIO);
    expect(await failed).toBe('failed');
    expect(await Promise.all(commits)).toEqual(['failed', 'failed']);
    expect(log.endOffset).toBe(8);
    const again = await rig.storage.open(keyOf(0), 2, SETTINGS);
    expect(again).toMatchObject({ startOffset: 0, endOffset: 8, sizeInBytes: 2400 });
    appended(again);
    await again.commit(true);
    expect(baseOffsetsIn(await readAll(again, 0, 1000))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await again.audit()).toEqual([]);
  },
);

test('a trim to the end leaves a row that is there before its write is known to have ended', async () => {
  const reached = rig.rows.next('afterWrite');
  appended(log);
  const commit = log.commit(true);
  const goOn = await reached;
  const heads = rig.rows.heads.bind(rig.rows);
  rig.rows.heads = async (number, offset, limit) => {
    const found = await heads(number, offset, limit);
    setImmediate(() => goOn());
    return found;
  };
  await Promise.all([log.trimBefore(8), commit]);
  expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([8]);
  expect(log.sizeInBytes).toBe(100);
  expect(await log.audit()).toEqual([]);
});

test('a store whose logs cannot be known is closed, and its directory is free', async () => {
  await rig.storage.close();
  let isClosed = false;
  const opening = EmbeddedLogStorage.open({
    directory: rig.directory,
    clock: { now: () => 1_000_000 },
    openStore: async directory => {
      const rows = new TryingRowStore(
        await openDatabase(directory, { logger: new RecordingLogger() }),
      );
      const close = rows.close.bind(rows);
      rows.facts = () => Promise.reject(EIO);
      rows.close = async () => {
        await close();
        isClosed = true;
      };
      return rows;
    },
  });
  await expect(opening).rejects.toThrow(/cannot be opened: disk I\/O error/);
  expect(isClosed).toBe(true);
  log = await (await rig.open()).open(keyOf(0), 2, SETTINGS);
  expect(log.endOffset).toBe(8);
});

describe('checkpoints of the write-ahead log', () => {
  const PAGE = 8192;
  const NOTHING = new ChangeSet();
  let directory: string;
  let checkpoints: WalCheckpoints;
  let logger: RecordingLogger;

  /** Checkpoints that a driver carries out whose statement is this. */
  function begin(get: string): void {
    directory = mkdtempSync(join(tmpdir(), 'hexlog-checkpoints-'));
    const driver = join(directory, 'driver.cjs');
    const prepare = `prepare() { return { get() { ${get} } }; }`;
    writeFileSync(driver, `module.exports = class { pragma() {} close() {} ${prepare} };`);
    logger = new RecordingLogger();
    const sizes = { pageBytes: PAGE, walBytes: 4 * PAGE };
    checkpoints = new WalCheckpoints({ file: 'none', driver, ...sizes, logger });
  }
  afterEach(async () => {
    await checkpoints.stop();
    rmSync(directory, { recursive: true });
  });

  test('one whose worker dies has failed, and nobody waits for it', async () => {
    begin('process.exit(3);');
    const failed = new Promise<object>(resolve => (logger.warn = resolve));
    for (let at = 0; at < 6; at++) checkpoints.written(NOTHING);
    await checkpoints.held;
    expect(await failed).toEqual({ error: 'the worker ended by itself with 3' });
    checkpoints.written(NOTHING);
  });

  test('one that is slow holds writes, until another has seen all of them', async () => {
    begin('return { log: (globalThis.ended ??= 0) ? 0 : 6, checkpointed: globalThis.ended++ };');
    for (let at = 0; at < 4; at++) checkpoints.written(NOTHING);
    expect(checkpoints.held).toBeNull();
    checkpoints.written(NOTHING);
    expect(checkpoints.held).not.toBeNull();
    await checkpoints.held;
    expect(checkpoints.held).toBeNull();
  });
});
