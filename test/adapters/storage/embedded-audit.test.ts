import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import type { PartitionLog } from '../../../src/ports/log-storage.ts';
import { CoreRig } from '../../support/core-rig.ts';
import { SETTINGS, appended, codeOf, keyOf, readOnce } from '../../support/log-storage-steps.ts';

const EIO = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
let rig: CoreRig;
let log: PartitionLog;

/** A log of eight batches in one row. */
beforeEach(async () => {
  rig = new CoreRig();
  const storage = await rig.open();
  log = await storage.open(keyOf(0), 1, SETTINGS);
  for (let at = 0; at < 8; at++) appended(log, { sizeInBytes: 300 });
  await log.commit(true);
});
afterEach(() => rig.dispose());

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** Commits batches, each of which becomes a row. */
async function committedRows(count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    appended(log);
    await log.commit(false);
  }
}

describe('an audit', () => {
  test('finds nothing beside rows that are about to go', async () => {
    await committedRows(80);
    await log.trimBefore(80);
    const goOn = await rig.rows.next('beforeWrite');
    const audit = log.audit();
    await turns(500);
    goOn();
    expect(await audit).toEqual([]);
  });

  test('finds nothing beside a row whose write is not known to have ended', async () => {
    const reached = rig.rows.next('afterWrite');
    appended(log);
    const commit = log.commit(false);
    const goOn = await reached;
    const audit = log.audit();
    await turns(30);
    goOn();
    expect(await audit).toEqual([]);
    await commit;
  });

  test('finds a row behind the end of the log, and one that is gone', async () => {
    await committedRows(2);
    const [row] = await rig.rows.heads(1, 9, 1);
    const [batch] = batchesIn(await readOnce(log, 9, 1));
    const stray = { ...row!, log: 1, base: 8, bytes: batch!.bytes };
    const none = { facts: [], checkpoints: [], forgotten: [] };
    await rig.rows.write({ ...none, cuts: [{ log: 1, from: 9, to: 10 }], rows: [] }, true);
    expect(await log.audit()).toEqual(['rows hold 2500 bytes, not 2600']);
    await rig.rows.write({ ...none, cuts: [], rows: [{ ...stray, base: 10 }] }, true);
    expect(await log.audit()).toContain('rows hold 2500 bytes, not 2600');
    expect(await log.audit()).toContain('the row at offset 10 does not begin with that offset');
    await rig.rows.write({ ...none, cuts: [], rows: [{ ...stray, base: 9 }] }, true);
    await log.truncateTo(9);
    const behind = { ...none, cuts: [{ log: 1, from: 10, to: 11 }], rows: [{ ...stray, base: 9 }] };
    await rig.rows.write(behind, true);
    expect(await log.audit()).toEqual(['rows end at offset 10, the log at 9']);
  });

  test('that cannot read does not end the log', async () => {
    rig.rows.beforeRow = () => {
      throw EIO;
    };
    expect(await codeOf(() => log.audit())).toBe('failed');
    rig.rows.beforeRow = () => undefined;
    appended(log);
    await log.commit(true);
    expect(await log.audit()).toEqual([]);
  });

  test('ends when a later writer comes', async () => {
    await committedRows(50);
    let count = 0;
    const reading = new Promise<void>(resolve => {
      rig.rows.beforeRow = () => {
        count += 1;
        resolve();
      };
    });
    const audit = codeOf(() => log.audit());
    await reading;
    await rig.storage.open(keyOf(0), 2, SETTINGS);
    expect(await audit).toBe('fenced');
    expect(count).toBeLessThan(5);
  });
});
