import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PartitionLog } from '../../../src/ports/log-storage.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  filled,
  readAll,
} from '../../support/log-storage-steps.ts';
import type { ContractPart, Rig } from './runner.ts';

/** How long a commit is under way when a change meets it, in turns of the event loop. */
const TURNS = [0, 1, 2, 3];
const LARGE = 600_000;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** Batches of three offsets from 0 to 30 that are committed, and to 36 whose commits are asked for one after the other. */
async function committing({ log }: Rig, between: number, last: number): Promise<Promise<void>[]> {
  for (let at = 0; at < 10; at++) appended(log, { sizeInBytes: 400, count: 3 });
  await log.commit(true);
  appended(log, { sizeInBytes: 500, count: 3 });
  const commits = [log.commit(true)];
  await turns(between);
  appended(log, { sizeInBytes: last, count: 3 });
  return [...commits, log.commit(false), log.commit(true)];
}

/** What a log holds now and after it was opened again, with what was appended meanwhile. */
async function goesOn(rig: Rig, start: number, end: number): Promise<void> {
  const bases = [];
  for (let base = start; base < end; base += 3) bases.push(base);
  deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [start, end]);
  deepStrictEqual(baseOffsetsIn(await readAll(rig.log, start, 5000)), bases);
  await rig.committed(100, 2000);
  const all = [...bases, end, end + 3];
  deepStrictEqual(baseOffsetsIn(await readAll(rig.log, start, 5000)), all);
  deepStrictEqual(await rig.log.audit(), []);
  await rig.reopened();
  deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [start, end + 6]);
  const kept = await readAll(rig.log, start, 5000);
  deepStrictEqual(baseOffsetsIn(kept), all);
  if (start === 0) strictEqual(rig.log.sizeInBytes, kept.length);
  await rig.committed(300);
  deepStrictEqual(await rig.log.audit(), []);
}

interface Change {
  readonly change: (log: PartitionLog) => Promise<void>;
  readonly start: number;
  readonly end: number;
}

const CHANGES: Record<string, Change> = {
  'truncateTo(6)': { change: log => log.truncateTo(6), start: 0, end: 6 },
  'truncateTo(30)': { change: log => log.truncateTo(30), start: 0, end: 30 },
  'truncateTo(33)': { change: log => log.truncateTo(33), start: 0, end: 33 },
  'trimBefore(6)': { change: log => log.trimBefore(6), start: 6, end: 36 },
  'trimBefore(30)': { change: log => log.trimBefore(30), start: 30, end: 36 },
  'trimBefore(36)': { change: log => log.trimBefore(36), start: 36, end: 36 },
  'restartAt(9)': { change: log => log.restartAt(9), start: 9, end: 9 },
  'restartAt(90)': { change: log => log.restartAt(90), start: 90, end: 90 },
};

export const changing: ContractPart = ({ test }, rig) => {
  for (const [name, { change, start, end }] of Object.entries(CHANGES)) {
    test(`${name} follows the commits that are under way`, async () => {
      let epoch = 1;
      for (const between of TURNS) {
        for (const after of TURNS) {
          for (const last of [700, LARGE]) {
            const commits = await committing(rig, between, last);
            await turns(after);
            await Promise.all([...commits, change(rig.log)]);
            await goesOn(rig, start, end);
            await rig.storage.remove(rig.key);
            rig.log = await rig.storage.open(rig.key, (epoch += 1), SETTINGS);
          }
        }
      }
    });
  }

  test('a writer that is taken over in a rewrite loses none of its commits', async () => {
    for (let steps = 0; steps < 40; steps++) {
      const [first] = await filled(rig.log, 20);
      const rewrite = await rig.log.rewrite(rig.log.activeOffset);
      const isKept = first!.baseOffset === rig.log.startOffset;
      if (isKept) await rewrite.keep(first!);
      const finishing = codeOf(() => rewrite.finish());
      for (let step = 0; step < steps; step++) await Promise.resolve();
      const last = appended(rig.log, { sizeInBytes: 100, count: 3 });
      const commit = rig.log.commit(true);
      const epoch = rig.log.epochs.at(-1)!.epoch + 1;
      rig.log = await rig.storage.open(rig.key, epoch, SETTINGS);
      await commit;
      ok(['fenced', 'no error'].includes(await finishing));
      strictEqual(rig.log.endOffset, last.nextOffset, `after ${steps} steps`);
      await rig.committed(100);
      deepStrictEqual(await rig.log.audit(), []);
      const bases = baseOffsetsIn(await readAll(rig.log, 0, 5000));
      deepStrictEqual(bases.slice(-2), [last.baseOffset, last.nextOffset]);
    }
  });
};
