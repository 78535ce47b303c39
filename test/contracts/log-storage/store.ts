import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoredPartition } from '../../../src/ports/log-storage.ts';
import { batchOf } from '../../support/batches.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  filled,
  keyOf,
  readAll,
  readOnce,
} from '../../support/log-storage-steps.ts';
import type { ContractPart } from './runner.ts';

const byPartition = (a: StoredPartition, b: StoredPartition): number => a.partition - b.partition;

export const store: ContractPart = ({ test }, rig) => {
  test('a checkpoint is given back, and is a copy', async () => {
    const bytes = Buffer.from('producers');
    await rig.log.saveCheckpoint(bytes);
    bytes.fill(0);
    strictEqual(rig.log.checkpoint?.toString(), 'producers');
    rig.log = await rig.storage.open(rig.key, 2, SETTINGS);
    strictEqual(rig.log.checkpoint?.toString(), 'producers');
  });

  test('list names every log with its highest epoch and its size; remove ends one', async () => {
    const other = { ...keyOf(1), topic: 'a.b-c_d' };
    await rig.storage.open(other, 5, SETTINGS);
    await rig.committed(100, 250);
    const entries = [
      { ...rig.key, epoch: 1, sizeInBytes: 350 },
      { ...other, epoch: 5, sizeInBytes: 0 },
    ];
    deepStrictEqual([...(await rig.storage.list())].sort(byPartition), entries);
    await rig.storage.remove(rig.key);
    await rig.storage.remove(keyOf(99));
    deepStrictEqual(await rig.storage.list(), [entries[1]]);
    strictEqual(await codeOf(() => rig.log.commit(false)), 'closed');
    rig.log = await rig.storage.open(rig.key, 0, SETTINGS);
    const { startOffset, endOffset, sizeInBytes } = rig.log;
    deepStrictEqual([startOffset, endOffset, sizeInBytes], [0, 0, 0]);
  });

  test('list knows the sizes of logs that are not open', async () => {
    if (rig.under.reopen === null) return;
    await filled(rig.log, 20);
    rig.storage = await rig.under.reopen();
    deepStrictEqual(await rig.storage.list(), [{ ...rig.key, epoch: 1, sizeInBytes: 6000 }]);
  });

  test('the store says where it is and how much room it has', async () => {
    ok(rig.storage.location.length > 0);
    const { totalBytes, usableBytes } = await rig.storage.volume();
    ok(totalBytes === -1 || totalBytes > 0);
    ok(usableBytes === -1 || (usableBytes > 0 && usableBytes <= totalBytes));
  });

  test('an audit finds nothing in a sound log', async () => {
    await filled(rig.log, 40);
    appended(rig.log);
    deepStrictEqual(await rig.log.audit(), []);
    await rig.log.trimBefore(50);
    deepStrictEqual(await rig.log.audit(), []);
    await rig.log.truncateTo(90);
    await filled(rig.log, 10, 700);
    deepStrictEqual(await rig.log.audit(), []);
    await rig.reopened();
    deepStrictEqual(await rig.log.audit(), []);
  });

  test('an audit finds nothing while a trim gives space back, and while commits go on', async () => {
    for (let at = 0; at < 400; at++) await rig.committed(100);
    for (const start of [500, 1100]) {
      await rig.log.trimBefore(start);
      const audits: Promise<readonly string[]>[] = [];
      for (let turn = 0; turn < 20; turn++) {
        audits.push(rig.log.audit());
        await (turn % 2 === 0 ? nextTurn() : rig.committed(100));
      }
      for (const audit of audits) deepStrictEqual(await audit, []);
      await rig.reopened();
      deepStrictEqual(await rig.log.audit(), []);
    }
  });

  const ofLog: [string, () => unknown][] = [
    ['append', () => rig.log.append(batchOf({ baseOffset: rig.log.endOffset }))],
    ['commit', () => rig.log.commit(false)],
    ['durable commit', () => rig.log.commit(true)],
    ['read', () => rig.log.read(0, 1000, size => Buffer.alloc(size))],
    ['offsetFor', () => rig.log.offsetFor(0)],
    ['offsetKeeping', () => rig.log.offsetKeeping(0)],
    ['truncateTo', () => rig.log.truncateTo(rig.log.endOffset)],
    ['trimBefore', () => rig.log.trimBefore(rig.log.endOffset)],
    ['restartAt', () => rig.log.restartAt(7)],
    ['rewrite', () => rig.log.rewrite(0)],
    ['audit', () => rig.log.audit()],
    ['saveCheckpoint', () => rig.log.saveCheckpoint(Buffer.alloc(1))],
  ];
  const ofStore: [string, () => unknown][] = [
    ['open', () => rig.storage.open(rig.key, 9, SETTINGS)],
    ['list', () => rig.storage.list()],
    ['volume', () => rig.storage.volume()],
    ['remove', () => rig.storage.remove(rig.key)],
  ];
  for (const [name, operation] of [...ofLog, ...ofStore]) {
    test(`${name} is refused after close`, async () => {
      await rig.committed(100);
      await rig.storage.close();
      strictEqual(await codeOf(operation), 'closed');
      await rig.storage.close();
    });
  }
  for (const [name, operation] of ofLog) {
    test(`${name} is refused to a fenced writer, and of a removed log`, async () => {
      await rig.committed(100);
      await rig.storage.open(rig.key, 2, SETTINGS);
      strictEqual(await codeOf(operation), 'fenced');
      rig.log = await rig.storage.open(rig.key, 3, SETTINGS);
      await rig.storage.remove(rig.key);
      strictEqual(await codeOf(operation), 'closed');
    });
  }

  test('a close while reads are under way ends, and each read answers or is refused', async () => {
    const batches = await filled(rig.log, 400, 2000);
    for (let round = 0; round < 5; round++) {
      // What was read lately is not in memory, where the store outlives a close.
      const log = await rig.reopened();
      const outcomes = batches.map(({ baseOffset }) =>
        codeOf(async () => {
          strictEqual(baseOffsetsIn(await readOnce(log, baseOffset, 20_000))[0], baseOffset);
        }),
      );
      for (const search of [
        () => log.offsetFor(1500),
        () => log.audit(),
        () => log.offsetKeeping(300_000),
      ]) {
        outcomes.push(codeOf(search));
      }
      const closed = rig.storage.close();
      for (const outcome of await Promise.all(outcomes)) {
        ok(outcome === 'no error' || outcome === 'closed', outcome);
      }
      await closed;
      if (rig.under.reopen === null) return;
    }
  });

  test('a rewrite is refused after close', async () => {
    const batches = await filled(rig.log, 40);
    const rewrite = await rig.log.rewrite(rig.log.activeOffset);
    await rewrite.keep(batches[0]!);
    await rig.storage.close();
    strictEqual(await codeOf(() => rewrite.keep(batches[1]!)), 'closed');
    strictEqual(await codeOf(() => rewrite.finish()), 'closed');
  });

  test('many logs take appends and reads at once and do not mix', async () => {
    const logs = await Promise.all(
      Array.from({ length: 50 }, (_, at) => rig.storage.open(keyOf(at + 1), 1, SETTINGS)),
    );
    await Promise.all(
      logs.map(async (each, at) => {
        for (let round = 0; round < 20; round++) {
          const batch = appended(each, { fill: at, sizeInBytes: 61 + at * 7 });
          await each.commit(round % 5 === 0);
          ok((await readOnce(each, batch.baseOffset, 1)).equals(batch.bytes));
        }
      }),
    );
    for (const [at, each] of logs.entries()) {
      const bytes = await readAll(each, 0, 1000);
      strictEqual(bytes.length, 20 * (61 + at * 7));
      strictEqual(each.sizeInBytes, bytes.length);
    }
    const listed = [...(await rig.storage.list())].sort(byPartition);
    deepStrictEqual(
      listed.map(({ sizeInBytes }) => sizeInBytes),
      [0, ...logs.map(each => each.sizeInBytes)],
    );
  });

  test('a persistent store has everything again after it was closed', async () => {
    if (rig.under.reopen === null) return;
    const batches = await rig.committed(100, 900, 20_000, 61);
    batches.push(appended(rig.log));
    await rig.log.saveCheckpoint(Buffer.from('derived'));
    await rig.log.trimBefore(1);
    const storage = await rig.under.reopen();
    const [listed] = await storage.list();
    deepStrictEqual([listed?.topicId, listed?.partition, listed?.epoch], [rig.key.topicId, 0, 1]);
    const log = await storage.open(rig.key, 2, SETTINGS);
    deepStrictEqual([log.startOffset, log.endOffset], [1, 13]);
    strictEqual(log.checkpoint?.toString(), 'derived');
    deepStrictEqual(log.epochs, [
      { epoch: 1, startOffset: 1 },
      { epoch: 2, startOffset: 13 },
    ]);
    const all = Buffer.concat(batches.map(b => b.bytes));
    ok((await readOnce(log, 0, 100_000)).equals(all));
    const again = await rig.under.reopen();
    strictEqual(await codeOf(() => again.open(rig.key, 1, SETTINGS)), 'fenced');
  });
};
