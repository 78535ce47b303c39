import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { batchOf } from '../../support/batches.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';
import type { ContractPart } from './runner.ts';

export const epochs: ContractPart = ({ test }, rig) => {
  test('a higher epoch fences the writer before it', async () => {
    const { log } = rig;
    await rig.committed(100);
    appended(log);
    const newer = await rig.storage.open(rig.key, 2, SETTINGS);
    strictEqual(newer.endOffset, 3);
    deepStrictEqual(newer.epochs, [
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 3 },
    ]);
    strictEqual(await codeOf(() => log.append(batchOf({ baseOffset: 4 }))), 'fenced');
    strictEqual(await codeOf(() => log.commit(true)), 'fenced');
    strictEqual(await codeOf(() => log.read(0, 1000, size => Buffer.alloc(size))), 'fenced');
    appended(newer, { sizeInBytes: 200 });
    await newer.commit(true);
    strictEqual((await readOnce(newer, 3, 1000)).length, 200);
  });

  test('commits that were asked for before the fence are carried out', async () => {
    appended(rig.log);
    const commits = [rig.log.commit(true), rig.log.commit(false)];
    const newer = await rig.storage.open(rig.key, 2, SETTINGS);
    await Promise.all(commits);
    strictEqual(newer.endOffset, 1);
    deepStrictEqual(baseOffsetsIn(await readOnce(newer, 0, 1000)), [0]);
  });

  test('a lower epoch is refused, and the higher one goes on', async () => {
    const newer = await rig.storage.open(rig.key, 7, SETTINGS);
    strictEqual(await codeOf(() => rig.storage.open(rig.key, 6, SETTINGS)), 'fenced');
    appended(newer);
    await newer.commit(false);
    strictEqual(newer.endOffset, 1);
  });

  test('interleaved writers leave only what the newest could write', async () => {
    const kept: number[] = [];
    for (let epoch = 2; epoch < 12; epoch++) {
      const stale = rig.log;
      rig.log = await rig.storage.open(rig.key, epoch, SETTINGS);
      kept.push(rig.log.endOffset);
      await rig.committed(100);
      const late = batchOf({ baseOffset: rig.log.endOffset });
      strictEqual(await codeOf(() => stale.append(late)), 'fenced');
      strictEqual(await codeOf(() => stale.commit(false)), 'fenced');
    }
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1000)), kept);
    strictEqual(rig.log.epochs.length, 10);
  });

  test('epochs that wrote nothing are not kept', async () => {
    for (let epoch = 2; epoch < 6; epoch++) {
      rig.log = await rig.storage.open(rig.key, epoch, SETTINGS);
    }
    deepStrictEqual(rig.log.epochs, [{ epoch: 5, startOffset: 0 }]);
  });

  test('the same epoch may open again: the older handle is fenced', async () => {
    await rig.committed(100);
    const again = await rig.storage.open(rig.key, 1, SETTINGS);
    deepStrictEqual(again.epochs, [{ epoch: 1, startOffset: 0 }]);
    strictEqual(await codeOf(() => rig.log.commit(false)), 'fenced');
    strictEqual(again.endOffset, 3);
  });
};
