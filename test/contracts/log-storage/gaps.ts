import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { batchOf } from '../../support/batches.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';
import type { ContractPart, Rig } from './runner.ts';

const BASES = [5, 8, 20, 23, 100, 110, 111, 5000, 9000, 9002];

/** Batches of two offsets each that leave gaps before and between them. */
async function copied(rig: Rig): Promise<void> {
  for (const [at, baseOffset] of BASES.entries()) {
    rig.log.append(batchOf({ baseOffset, count: 1, sizeInBytes: 400, maxTimestamp: 1000 + at }));
  }
  await rig.log.commit(true);
}

async function readsRight({ log }: Rig): Promise<void> {
  deepStrictEqual(baseOffsetsIn(await readAll(log, 0, 900)), BASES);
  for (const base of BASES) {
    for (const offset of [base - 2, base - 1, base]) {
      const expected = BASES.find(each => each >= offset);
      const [found] = baseOffsetsIn(await readOnce(log, offset, 1));
      strictEqual(found, expected, `offset ${offset}`);
    }
  }
  for (let at = 0; at < BASES.length; at++) {
    const found = await log.offsetFor(1000 + at);
    ok(found <= BASES[at]! && BASES.includes(found), `timestamp ${1000 + at}: ${found}`);
  }
}

export const gaps: ContractPart = ({ test }, rig) => {
  test('a batch may be appended above the end, and is read from every offset before it', async () => {
    await copied(rig);
    deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [0, 9003]);
    await readsRight(rig);
  });

  test('gaps are there again after the log was opened anew', async () => {
    await copied(rig);
    await rig.reopened();
    deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [0, 9003]);
    await readsRight(rig);
    deepStrictEqual(await rig.log.audit(), []);
  });

  test('offsets may be further apart than an index of a segment can tell', async () => {
    const far = 2 ** 40;
    for (const baseOffset of [10, far, far + 2 ** 31, far + 2 ** 31 + 5]) {
      rig.log.append(batchOf({ baseOffset }));
    }
    await rig.log.commit(true);
    const expected = [10, far, far + 2 ** 31, far + 2 ** 31 + 5];
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1)), expected);
    await rig.reopened();
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 11, 150)), expected.slice(1));
  });

  test('a log with gaps is truncated at any of its batches, and ends there', async () => {
    await copied(rig);
    await rig.log.truncateTo(5000);
    strictEqual(rig.log.endOffset, 5000);
    await rejects(rig.log.truncateTo(109), /between batches/);
    await rig.log.truncateTo(100);
    await rig.reopened();
    strictEqual(rig.log.endOffset, 100, 'offsets that were given once are not given again');
    appended(rig.log);
    await rig.log.commit(false);
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 900)), [5, 8, 20, 23, 100]);
  });

  test('a log with gaps is trimmed to any offset', async () => {
    await copied(rig);
    await rig.log.trimBefore(50);
    await rig.reopened();
    strictEqual(rig.log.startOffset, 50);
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 50, 900)), BASES.slice(4));
  });

  for (const offset of [0, 4, 30, 100_000]) {
    test(`restartAt(${offset}) drops everything, and goes on there`, async () => {
      await rig.committed(100, 900, 900, 61, 500, 500, 61, 61, 61, 61);
      appended(rig.log);
      await rig.log.saveCheckpoint(Buffer.from('derived'));
      await rig.log.restartAt(offset);
      const { log } = rig;
      deepStrictEqual([log.startOffset, log.endOffset, log.sizeInBytes], [offset, offset, 0]);
      strictEqual(log.activeOffset, offset);
      strictEqual(log.checkpoint, null);
      deepStrictEqual(log.epochs, [{ epoch: 1, startOffset: offset }]);
      strictEqual((await readOnce(log, offset, 1000)).length, 0);
      await rig.reopened();
      deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [offset, offset]);
      await rig.committed(900, 900);
      deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1000)), [offset, offset + 3]);
    });
  }

  test('a log that was restarted takes no append below its end, and none of a fenced writer', async () => {
    await rig.log.restartAt(50);
    await rig.committed(100);
    const newer = await rig.storage.open(rig.key, 2, SETTINGS);
    deepStrictEqual(newer.epochs, [
      { epoch: 1, startOffset: 50 },
      { epoch: 2, startOffset: 53 },
    ]);
    strictEqual(await codeOf(() => rig.log.restartAt(0)), 'fenced');
    strictEqual(newer.endOffset, 53);
  });
};
