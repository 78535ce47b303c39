import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import type { PartitionLog } from '../../../src/ports/log-storage.ts';
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

const EIO = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
let rig: CoreRig;
let log: PartitionLog;

beforeEach(() => begin(0));
afterEach(() => rig.dispose());

/** A log of eight batches in one row. */
async function begin(tailBytes: number): Promise<void> {
  rig = new CoreRig();
  const storage = await rig.open(tailBytes);
  log = await storage.open(keyOf(0), 1, SETTINGS);
  for (let at = 0; at < 8; at++) appended(log, { sizeInBytes: 300 });
  await log.commit(true);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

describe('a rewrite whose write takes long', () => {
  test('is seen by a search that begins before its rows change and ends before it is durable', async () => {
    const other = await rig.storage.open(keyOf(1), 1, SETTINGS);
    for (let at = 0; at < 10; at++) {
      appended(other, { sizeInBytes: 10_000, maxTimestamp: 1000 + at });
      await other.commit(true);
    }
    const batches = [...batchesIn(await readAll(other, 0, 20_000))];
    const rewrite = await other.rewrite(9);
    for (const batch of batches.slice(0, 9)) await rewrite.keep(batch);
    const [reached, written] = [rig.rows.next('beforeWrite'), rig.rows.next('afterWrite')];
    rig.rows.beforeSync = () => turns(100);
    const finished = rewrite.finish();
    const goOn = await reached;
    const heads = rig.rows.heads.bind(rig.rows);
    rig.rows.heads = async (number, offset, limit) => {
      const found = await heads(number, offset, limit);
      rig.rows.heads = heads;
      goOn();
      (await written)();
      await turns(3);
      return found;
    };
    const search = other.offsetFor(1007);
    await turns(20);
    goOn();
    (await written)();
    expect(await search).toBe(7);
    await finished;
    expect(await other.offsetFor(1007)).toBe(7);
  });

  test('ends with a later writer, who loses no commit that was asked for before', async () => {
    const other = await rig.storage.open(keyOf(1), 1, SETTINGS);
    const rewrite = await log.rewrite(5);
    const reached = rig.rows.next('beforeWrite');
    appended(other);
    const held = other.commit(false);
    const goOn = await reached;
    // The commit of the log comes in a later write than the edit of its rewrite.
    for (let at = 0; at < 3; at++) appended(other, { sizeInBytes: 1_000_000 });
    const many = other.commit(false);
    const finished = codeOf(() => rewrite.finish());
    await turns(20);
    appended(log);
    const commit = codeOf(() => log.commit(true));
    const opened = rig.storage.open(keyOf(0), 2, SETTINGS);
    await turns(20);
    goOn();
    expect(await finished).toBe('fenced');
    expect(await commit).toBe('no error');
    await Promise.all([held, many]);
    expect(await opened).toMatchObject({ endOffset: 9, sizeInBytes: 2500 });
  });
});

test('a rewrite that waits for rows before the start to go ends when a later writer comes', async () => {
  for (let at = 0; at < 400; at++) {
    appended(log);
    await log.commit(false);
  }
  await log.trimBefore(400);
  const before = rig.rows.writes.length;
  const rewrite = codeOf(() => log.rewrite(403));
  const writes = rewrite.then(() => rig.rows.writes.length - before);
  for (let slice = 0; slice < 3; slice++) (await rig.rows.next('beforeWrite'))();
  log = await rig.storage.open(keyOf(0), 2, SETTINGS);
  expect(await rewrite).toBe('fenced');
  expect(await writes).toBeLessThan(6);
  expect(await log.audit()).toEqual([]);
});

describe('a log that is cut while a commit waits for the disk', () => {
  /** A commit of two batches that are in rows, whose sync is held up. */
  async function unsynced(): Promise<{ commit: Promise<string>; goOn: (error?: Error) => void }> {
    const reached = rig.rows.next('beforeSync');
    for (let at = 0; at < 2; at++) appended(log, { sizeInBytes: 300 });
    const commit = codeOf(() => log.commit(true));
    return { commit, goOn: await reached };
  }

  test('does not show what came in the place of its batches', async () => {
    const { commit, goOn } = await unsynced();
    const written = rig.rows.next('afterWrite');
    const truncated = log.truncateTo(8);
    (await written)();
    for (let at = 0; at < 5; at++) appended(log);
    const rewritten = rig.rows.next('afterWrite');
    const again = log.commit(true);
    (await rewritten)();
    const secondSync = rig.rows.next('beforeSync');
    goOn();
    expect(await commit).toBe('no error');
    const goOnAgain = await secondSync;
    const early = await readOnce(log, 8, 1000);
    goOnAgain();
    expect(early).toHaveLength(0);
    await Promise.all([truncated, again]);
    expect(baseOffsetsIn(await readOnce(log, 8, 1000))).toEqual([8, 9, 10, 11, 12]);
    expect(await log.audit()).toEqual([]);
  });

  const outcomes: [string, Error | undefined, string, number][] = [
    ['a commit that failed before', EIO, 'failed', 10],
    ['a commit that was carried out before', undefined, 'no error', 12],
  ];
  describe.each([0, 40_000])('with %d bytes in memory', tailBytes => {
    test.each(outcomes)(
      'shows what was committed when the cut fails after %s',
      async (_, error, code, end) => {
        await rig.dispose();
        await begin(tailBytes);
        for (let at = 0; at < 2; at++) appended(log, { sizeInBytes: 300 });
        await log.commit(false);
        const { commit, goOn } = await unsynced();
        const reached = rig.rows.next('beforeWrite');
        const truncated = codeOf(() => log.truncateTo(8));
        const fail = await reached;
        goOn(error);
        expect(await commit).toBe(code);
        fail(EIO);
        expect(await truncated).toBe('failed');
        expect(log.endOffset).toBe(end);
        const bases = Array.from({ length: end }, (_each, at) => at);
        expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual(bases);
      },
    );
  });
});

describe('a log whose writer never stops', () => {
  /** Commits a batch each time a row is looked for, up to a hundred times; ends that, and says how often it was. */
  function writing(): () => number {
    let count = 0;
    const floor = rig.rows.floor.bind(rig.rows);
    rig.rows.floor = async (number, offset) => {
      if (count < 100) {
        count += 1;
        appended(log);
        await log.commit(false);
      }
      return floor(number, offset);
    };
    return () => {
      rig.rows.floor = floor;
      return count;
    };
  }

  beforeEach(async () => {
    for (let at = 0; at < 3; at++) {
      for (let batch = 0; batch < 4; batch++) appended(log, { sizeInBytes: 300 });
      await log.commit(true);
    }
  });

  test.each([
    ['truncateTo within a row', 5, () => log.truncateTo(5)],
    ['truncateTo between rows', 8, () => log.truncateTo(8)],
    ['restartAt', 100, () => log.restartAt(100)],
  ])('is cut in a few steps: %s', async (_, end, change) => {
    const stop = writing();
    await change();
    expect(stop()).toBeLessThan(20);
    expect(log.endOffset).toBeGreaterThanOrEqual(end);
    expect(log.endOffset).toBeLessThan(end + 20);
    await log.commit(true);
    expect(await log.audit()).toEqual([]);
    const bytes = await readAll(log, 0, 1000);
    expect(bytes).toHaveLength(log.sizeInBytes);
    const { endOffset, sizeInBytes } = log;
    const storage = await rig.reopen();
    log = await storage.open(keyOf(0), 2, SETTINGS);
    expect(log).toMatchObject({ endOffset, sizeInBytes });
    expect(await readAll(log, 0, 1000)).toEqual(bytes);
  });
});
