import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import type { PartitionLog } from '../../../src/ports/log-storage.ts';
import { logStorageContract } from '../../contracts/log-storage.contract.ts';
import { CoreRig } from '../../support/core-rig.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';

for (const tailBytes of [0, 40_000]) {
  logStorageContract(`rows that take their time, ${tailBytes} bytes in memory`, async () => {
    const rig = new CoreRig();
    const storage = await rig.open(tailBytes);
    return { storage, reopen: () => rig.reopen(), dispose: () => rig.dispose() };
  });
}

describe('the core of embedded stores', () => {
  const EIO = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
  let rig: CoreRig;
  let log: PartitionLog;
  let other: PartitionLog;

  beforeEach(async () => {
    rig = new CoreRig();
    const storage = await rig.open();
    [log, other] = await Promise.all([
      storage.open(keyOf(0), 1, SETTINGS),
      storage.open(keyOf(1), 1, SETTINGS),
    ]);
  });
  afterEach(() => rig.dispose());

  /** How many rows each log has. */
  async function rowsOf(number: number): Promise<number> {
    return (await rig.rows.heads(number, 0, 10_000)).length;
  }

  test('commits of one tick, of all logs, are one write and one sync', async () => {
    const before = rig.rows.writes.length;
    const { syncs } = rig.rows;
    const commits = [log, other, log, other].map(each => {
      appended(each);
      return each.commit(true);
    });
    await Promise.all(commits);
    expect(rig.rows.writes.length - before).toBe(1);
    expect(rig.rows.syncs - syncs).toBe(1);
  });

  test('what is too much for one turn of the event loop is written in those that follow', async () => {
    const keys = Array.from({ length: 1500 }, (_, at) => keyOf(at + 2));
    const logs = await Promise.all(keys.map(key => rig.storage.open(key, 1, SETTINGS)));
    for (const each of logs.slice(0, 60)) appended(each, { sizeInBytes: 200_000 });
    await Promise.all(logs.map(each => each.commit(true)));
    const mostFacts = Math.max(...rig.rows.writes.map(({ facts }) => facts.length));
    expect(mostFacts).toBeGreaterThan(100);
    expect(mostFacts).toBeLessThanOrEqual(512);
    const rows = rig.rows.writes.map(write => write.rows.length).filter(count => count > 0);
    expect(rows.length).toBeLessThan(10);
    expect(Math.max(...rows)).toBeLessThan(12);
    for (const each of logs.slice(0, 60)) {
      expect(baseOffsetsIn(await readOnce(each, 0, 1000))).toEqual([0]);
    }
  });

  test('batches of one write share a row up to 64 KiB; a larger one has its own', async () => {
    for (let at = 0; at < 100; at++) appended(log, { sizeInBytes: 1000 });
    await log.commit(false);
    expect(await rowsOf(1)).toBe(2);
    appended(log, { sizeInBytes: 200_000 });
    appended(log, { sizeInBytes: 100 });
    await log.commit(false);
    expect(await rowsOf(1)).toBe(4);
  });

  test('what was appended after the commit is not written with it', async () => {
    const small = { sizeInBytes: 100 };
    for (let at = 0; at < 5; at++) appended(log, small);
    const commit = log.commit(true);
    for (let at = 0; at < 3; at++) appended(log, small);
    await commit;
    const newer = await rig.storage.open(keyOf(0), 2, SETTINGS);
    expect(newer).toMatchObject({ endOffset: 5, sizeInBytes: 500 });
    expect(baseOffsetsIn(await readAll(newer, 0, 1000))).toEqual([0, 1, 2, 3, 4]);
    expect(await newer.audit()).toEqual([]);
  });

  test('a failed write ends the logs in it, and no other; what was committed stays', async () => {
    const batch = appended(log);
    await log.commit(true);
    rig.rows.beforeWrite = () => {
      rig.rows.beforeWrite = () => undefined;
      throw EIO;
    };
    appended(log);
    expect(await codeOf(() => log.commit(false))).toBe('failed');
    expect(await codeOf(() => log.commit(false))).toBe('failed');
    expect(await codeOf(() => appended(log))).toBe('failed');
    expect(log.endOffset).toBe(1);
    expect(await readOnce(log, 0, 1000)).toEqual(batch.bytes);
    appended(other);
    await other.commit(true);
    const again = await rig.storage.open(keyOf(0), 1, SETTINGS);
    expect(again).toMatchObject({ endOffset: 1, sizeInBytes: 100 });
    appended(again);
    await again.commit(true);
    expect(baseOffsetsIn(await readAll(again, 0, 1000))).toEqual([0, 1]);
  });

  test('a failed sync ends the store, since nobody knows what the disk has lost', async () => {
    rig.rows.beforeSync = () => {
      throw EIO;
    };
    appended(log);
    expect(await codeOf(() => log.commit(true))).toBe('failed');
    rig.rows.beforeSync = () => undefined;
    appended(other);
    expect(await codeOf(() => other.commit(true))).toBe('failed');
    expect(await codeOf(() => rig.storage.open(keyOf(2), 1, SETTINGS))).toBe('failed');
    expect(await readOnce(log, 0, 1000)).toHaveLength(0);
  });

  const changes: [string, (one: PartitionLog) => Promise<unknown>][] = [
    ['truncateTo', one => one.truncateTo(3)],
    ['trimBefore', one => one.trimBefore(5)],
    ['restartAt', one => one.restartAt(50)],
    ['rewrite', async one => (await one.rewrite(4)).finish()],
    ['truncateTo in the newest segment', one => one.truncateTo(6)],
  ];
  test.each(changes)('%s that fails leaves the log as it was', async (_, change) => {
    for (let at = 0; at < 8; at++) appended(log, { sizeInBytes: 300 });
    await log.commit(true);
    rig.rows.beforeWrite = () => {
      throw EIO;
    };
    expect(await codeOf(() => change(log))).toBe('failed');
    rig.rows.beforeWrite = () => undefined;
    const again = await rig.storage.open(keyOf(0), 1, SETTINGS);
    expect(again).toMatchObject({ startOffset: 0, endOffset: 8, sizeInBytes: 2400 });
    expect(baseOffsetsIn(await readAll(again, 0, 1000))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await again.audit()).toEqual([]);
    // A segment takes five of these.
    for (let at = 0; at < 2; at++) appended(again, { sizeInBytes: 300 });
    expect(again.activeOffset).toBe(5);
    appended(again, { sizeInBytes: 300 });
    expect(again.activeOffset).toBe(10);
  });

  test('writes go on while a sync runs, and readers see what was not asked to be durable', async () => {
    let finish = (): void => undefined;
    rig.rows.beforeSync = () => new Promise(resolve => (finish = resolve));
    appended(log);
    const durable = log.commit(true);
    await new Promise<void>(resolve => {
      rig.rows.beforeWrite = () => resolve();
      appended(other);
      void other.commit(false);
    });
    appended(other);
    await other.commit(false);
    expect(baseOffsetsIn(await readOnce(other, 0, 1000))).toEqual([0, 1]);
    expect(await readOnce(log, 0, 1000)).toHaveLength(0);
    rig.rows.beforeSync = () => undefined;
    finish();
    await durable;
    expect(await readOnce(log, 0, 1000)).toHaveLength(100);
  });

  test('a read that fails midway gives what it has, and then says what is wrong', async () => {
    for (let at = 0; at < 3; at++) appended(log, { sizeInBytes: 65_000 });
    await log.commit(true);
    rig.rows.beforeRow = ({ base }) => {
      if (base === 1) throw EIO;
    };
    expect(baseOffsetsIn(await readOnce(log, 0, 1_000_000))).toEqual([0]);
    expect(await codeOf(() => readOnce(log, 1, 1_000_000))).toBe('failed');
    expect(baseOffsetsIn(await readOnce(log, 2, 1_000_000))).toEqual([2]);
  });

  test('a search that a rewrite overtakes finds what it has put elsewhere', async () => {
    for (let at = 0; at < 10; at++) {
      appended(log, { sizeInBytes: 10_000, maxTimestamp: 1000 + at });
      await log.commit(true);
    }
    const rewrite = await log.rewrite(9);
    const batches = [...batchesIn(await readAll(log, 0, 20_000))];
    for (const batch of batches.slice(0, 9)) await rewrite.keep(batch);
    const heads = rig.rows.heads.bind(rig.rows);
    rig.rows.heads = async (number, offset, limit) => {
      const found = await heads(number, offset, limit);
      rig.rows.heads = heads;
      await rewrite.finish();
      return found;
    };
    expect(await log.offsetFor(1007)).toBe(7);
    expect(await rowsOf(1)).toBe(3);
  });

  test('rows before the start, and those of removed logs, go in slices, also after a restart', async () => {
    for (let at = 0; at < 100; at++) {
      appended(log, { sizeInBytes: 65_000 });
      appended(other, { sizeInBytes: 65_000 });
    }
    await Promise.all([log.commit(true), other.commit(true)]);
    let left = 3;
    rig.rows.beforeWrite = () => {
      left -= 1;
      if (left < 0) throw EIO;
    };
    await log.trimBefore(90);
    await rig.storage.remove(keyOf(1));
    await rig.storage.close();
    const storage = await rig.open();
    expect(await storage.list()).toMatchObject([{ partition: 0 }]);
    log = await storage.open(keyOf(0), 2, SETTINGS);
    expect(log.startOffset).toBe(90);
    // The next change of the log comes after what is left of the trim.
    while ((await rowsOf(1)) > 10) await log.saveCheckpoint(Buffer.from('x'));
    while ((await rowsOf(2)) > 0) await log.saveCheckpoint(Buffer.from('y'));
    expect(log.sizeInBytes).toBe(650_000);
    expect(await log.audit()).toEqual([]);
    for (const { cuts } of rig.rows.writes) {
      for (const { from, to } of cuts) expect(to - from).toBeLessThanOrEqual(64);
    }
  });
});
