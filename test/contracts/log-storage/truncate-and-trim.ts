import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';
import type { ContractPart } from './runner.ts';

const SIZES = [100, 900, 61, 300, 700, 120, 80, 500, 500, 61];

export const truncateAndTrim: ContractPart = ({ test }, rig) => {
  for (const offset of [0, 3, 6, 12, 21, 27, 30]) {
    test(`truncateTo(${offset}) drops the suffix`, async () => {
      await rig.committed(...SIZES);
      await rig.log.saveCheckpoint(Buffer.from('derived'));
      await rig.log.truncateTo(offset);
      strictEqual(rig.log.endOffset, offset);
      strictEqual(rig.log.checkpoint, null);
      ok(rig.log.activeOffset <= offset);
      const kept = Array.from({ length: offset / 3 }, (_, at) => at * 3);
      deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1000)), kept);
      await rig.committed(400, 700);
      const all = [...kept, offset, offset + 3];
      deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1000)), all);
    });
  }

  test('truncation drops what was not committed, and shows nothing of what stays', async () => {
    const { log } = rig;
    await rig.committed(100);
    appended(log);
    appended(log);
    await log.truncateTo(4);
    deepStrictEqual(baseOffsetsIn(await readOnce(log, 0, 1000)), [0]);
    await log.commit(false);
    deepStrictEqual(baseOffsetsIn(await readOnce(log, 0, 1000)), [0, 3]);
  });

  test("truncation keeps the writer's epoch and drops those that wrote nothing", async () => {
    await rig.committed(100, 100);
    rig.log = await rig.storage.open(rig.key, 4, SETTINGS);
    await rig.committed(100);
    await rig.log.truncateTo(3);
    deepStrictEqual(rig.log.epochs, [
      { epoch: 1, startOffset: 0 },
      { epoch: 4, startOffset: 3 },
    ]);
  });

  test("truncation within a batch is a programmer's error", async () => {
    await rig.committed(100, 100);
    await rejects(rig.log.truncateTo(1), /between batches/);
    await rig.committed(100);
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1000)), [0, 3, 6]);
  });

  for (const offset of [1, 3, 4, 14, 15, 30]) {
    test(`trimBefore(${offset}) drops the prefix`, async () => {
      await rig.committed(...SIZES);
      const { log } = rig;
      const before = log.sizeInBytes;
      await log.trimBefore(offset);
      deepStrictEqual([log.startOffset, log.endOffset], [offset, 30]);
      ok(log.sizeInBytes <= before);
      const first = offset - (offset % 3);
      const expected = Array.from({ length: (30 - first) / 3 }, (_, at) => first + at * 3);
      deepStrictEqual(baseOffsetsIn(await readAll(log, 0, 1000)), expected);
      await log.trimBefore(offset - 1);
      strictEqual(log.startOffset, offset);
    });
  }

  test('a log that was trimmed to its end goes on', async () => {
    await rig.committed(100, 900, 900);
    await rig.log.trimBefore(9);
    await rig.committed(900, 900);
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 9, 1000)), [9, 12]);
    deepStrictEqual(rig.log.epochs, [{ epoch: 1, startOffset: 9 }]);
  });
};
