import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import type { RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  filled,
  readAll,
  readOnce,
  rewritten,
  shrunk,
} from '../../support/log-storage-steps.ts';
import type { ContractPart, Rig } from './runner.ts';

/** Every third batch is kept as it is, every third with fewer bytes, and the others go. */
function survivorsOf(batches: readonly RecordBatch[], to: number): RecordBatch[] {
  const below = batches.filter(batch => batch.baseOffset < to);
  return below.flatMap((batch, at) => {
    if (at % 3 === 0) return [batch];
    return at % 3 === 1 ? [shrunk(batch)] : [];
  });
}

/** A log of many segments that has been rewritten up to its active one, and what it holds now. */
async function compacted(rig: Rig): Promise<RecordBatch[]> {
  const batches = await filled(rig.log, 40);
  const to = rig.log.activeOffset;
  const kept = survivorsOf(batches, to);
  await rewritten(rig.log, to, kept);
  return [...kept, ...batches.filter(batch => batch.baseOffset >= to)];
}

async function holds(rig: Rig, batches: readonly RecordBatch[]): Promise<void> {
  const { log } = rig;
  const expected = Buffer.concat(batches.map(batch => batch.bytes));
  ok((await readAll(log, 0, 1000)).equals(expected), 'the log holds other batches');
  for (let offset = 0; offset < log.endOffset; offset++) {
    const holding = batches.find(batch => batch.nextOffset > offset);
    const bytes = await readOnce(log, offset, 1);
    ok(bytes.equals(holding!.bytes), `offset ${offset}`);
  }
}

export const rewriting: ContractPart = ({ test }, rig) => {
  test('survivors are read at every offset, and everything else is as it was', async () => {
    const batches = await filled(rig.log, 40);
    const { endOffset, activeOffset } = rig.log;
    ok(activeOffset > 60, 'the log has segments to rewrite');
    const kept = survivorsOf(batches, activeOffset);
    await rewritten(rig.log, activeOffset, kept);
    const now = [...kept, ...batches.filter(batch => batch.baseOffset >= activeOffset)];
    await holds(rig, now);
    deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [0, endOffset]);
    strictEqual(rig.log.activeOffset, activeOffset);
    strictEqual(
      rig.log.sizeInBytes,
      now.reduce((sum, batch) => sum + batch.sizeInBytes, 0),
    );
    deepStrictEqual(rig.log.epochs, [{ epoch: 1, startOffset: 0 }]);
  });

  test('what was rewritten is there again after the log was opened anew', async () => {
    const now = await compacted(rig);
    await rig.reopened();
    deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [0, 120]);
    await holds(rig, now);
    deepStrictEqual(await rig.log.audit(), []);
  });

  test('it is found by its time, and by its size', async () => {
    const now = await compacted(rig);
    for (let timestamp = 1000; timestamp < 1125; timestamp++) {
      const first = now.find(batch => batch.maxTimestamp >= timestamp);
      const found = await rig.log.offsetFor(timestamp);
      if (first === undefined) strictEqual(found, rig.log.endOffset);
      else ok(found <= first.baseOffset, `timestamp ${timestamp}: ${found}`);
    }
    for (let bytes = 0; bytes < 7000; bytes += 100) {
      let left = rig.log.sizeInBytes;
      const exact = now.find(batch => {
        const isWithin = left <= bytes;
        left -= batch.sizeInBytes;
        return isWithin;
      });
      const found = await rig.log.offsetKeeping(bytes);
      ok(found <= (exact?.baseOffset ?? rig.log.endOffset), `${bytes} bytes: ${found}`);
    }
  });

  test('a log of which nothing is kept goes on where it was', async () => {
    const batches = await filled(rig.log, 40);
    const to = rig.log.activeOffset;
    await rewritten(rig.log, to, []);
    const rest = batches.filter(batch => batch.baseOffset >= to);
    await holds(rig, rest);
    await rig.reopened();
    deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [0, 120]);
    await holds(rig, rest);
    const [more] = await rig.committed(100);
    strictEqual(more!.baseOffset, 120);
    await rig.log.truncateTo(to);
    await rig.reopened();
    deepStrictEqual([rig.log.endOffset, (await readOnce(rig.log, 0, 1000)).length], [to, 0]);
  });

  test('only what lies below is rewritten, be it in the middle of a segment', async () => {
    const batches = await filled(rig.log, 40);
    const to = 33;
    await rewritten(rig.log, to, batches.slice(2, 4));
    await holds(rig, [...batches.slice(2, 4), ...batches.slice(11)]);
    await rewritten(rig.log, to, [batches[3]!]);
    await rig.reopened();
    await holds(rig, [batches[3]!, ...batches.slice(11)]);
  });

  test('appends, commits and reads go on meanwhile', async () => {
    const batches = await filled(rig.log, 40);
    const to = rig.log.activeOffset;
    const kept = survivorsOf(batches, to);
    const rewrite = await rig.log.rewrite(to);
    for (const batch of kept) {
      await rewrite.keep(batch);
      appended(rig.log, { sizeInBytes: 300, count: 3 });
      await rig.log.commit(false);
      // Readers find each offset in its old batch or in the new one.
      const found = baseOffsetsIn(await readOnce(rig.log, batch.baseOffset, 1));
      deepStrictEqual(found, [batch.baseOffset]);
      strictEqual(baseOffsetsIn(await readOnce(rig.log, rig.log.endOffset - 1, 1)).length, 1);
    }
    const reading = readOnce(rig.log, 0, 5000);
    await rewrite.finish();
    strictEqual(baseOffsetsIn(await reading)[0], 0);
    const bases = baseOffsetsIn(await readAll(rig.log, 0, 1000));
    const rest = Array.from({ length: (rig.log.endOffset - to) / 3 }, (_, at) => to + at * 3);
    deepStrictEqual(bases, [...kept.map(batch => batch.baseOffset), ...rest]);
  });

  test('the bytes of a batch that was kept are the caller’s again', async () => {
    const batches = await filled(rig.log, 40);
    const to = rig.log.activeOffset;
    const copies = batches.filter(batch => batch.baseOffset < to).map(batch => batch.copy());
    const rewrite = await rig.log.rewrite(to);
    for (const copy of copies) {
      await rewrite.keep(copy);
      copy.bytes.fill(0xdd);
    }
    await rewrite.finish();
    await holds(rig, batches);
  });

  test('batches of any size are kept', async () => {
    const sizes = [61, 20_000, 300_000, 61, 1_200_000, 400, 1600];
    const batches = await rig.committed(...sizes);
    const to = rig.log.activeOffset;
    await rewritten(rig.log, to, batches.filter(batch => batch.baseOffset < to).slice(1));
    const { bytes } = { bytes: Buffer.concat(batches.slice(1).map(batch => batch.bytes)) };
    ok((await readAll(rig.log, 0, 100_000)).equals(bytes));
  });

  test('a log that begins within a batch is rewritten from that batch on', async () => {
    const batches = await filled(rig.log, 40);
    await rig.log.trimBefore(10);
    const to = rig.log.activeOffset;
    const kept = batches.slice(3).filter(batch => batch.baseOffset < to);
    const now = [shrunk(kept[0]!), ...kept.slice(2)];
    await rewritten(rig.log, to, now);
    now.push(...batches.filter(batch => batch.baseOffset >= to));
    for (const reopens of [false, true]) {
      if (reopens) await rig.reopened();
      strictEqual(rig.log.startOffset, 10);
      const expected = Buffer.concat(now.map(batch => batch.bytes));
      ok((await readAll(rig.log, 10, 1000)).equals(expected), 'the log holds other batches');
      strictEqual(rig.log.sizeInBytes, expected.length);
    }
  });

  test('a rewrite that follows a trim keeps the size of the log right', async () => {
    const batches: RecordBatch[] = [];
    for (let at = 0; at < 450; at++) batches.push(...(await rig.committed(100)));
    for (const start of [600, 1200]) {
      await rig.log.trimBefore(start);
      const rewrite = await rig.log.rewrite(1260);
      for (const batch of batches.slice(start / 3, 410)) await rewrite.keep(batch);
      await rewrite.finish();
      const bytes = (await readAll(rig.log, start, 5000)).length;
      ok(rig.log.sizeInBytes >= bytes, `${rig.log.sizeInBytes} of ${bytes} bytes`);
      deepStrictEqual(await rig.log.audit(), []);
    }
    await rig.reopened();
    deepStrictEqual([rig.log.startOffset, rig.log.endOffset], [1200, 1350]);
    deepStrictEqual(await rig.log.audit(), []);
    strictEqual((await readAll(rig.log, 1200, 5000)).length, 4000);
    ok(rig.log.sizeInBytes >= 4000, `${rig.log.sizeInBytes} bytes`);
  });

  test('a rewrite that was given up leaves a log that goes on', async () => {
    const batches = await filled(rig.log, 40);
    const rewrite = await rig.log.rewrite(rig.log.activeOffset);
    await rewrite.keep(batches[1]!);
    await rewrite.abandon();
    await rewrite.abandon();
    await holds(rig, batches);
    strictEqual(await codeOf(() => rewrite.keep(batches[2]!)), 'closed');
    strictEqual(await codeOf(() => rewrite.finish()), 'closed');
    await rig.committed(100);
    await rig.reopened();
    strictEqual(rig.log.endOffset, 123);
  });

  const endings: [string, () => Promise<unknown>][] = [
    ['a trim', () => rig.log.trimBefore(10)],
    ['a truncation', () => rig.log.truncateTo(114)],
    ['a restart', () => rig.log.restartAt(500)],
    ['another rewrite', () => rig.log.rewrite(9)],
  ];
  for (const [name, end] of endings) {
    test(`${name} ends the rewrite that is under way`, async () => {
      const batches = await filled(rig.log, 40);
      const rewrite = await rig.log.rewrite(rig.log.activeOffset);
      for (const batch of batches.slice(0, 12)) await rewrite.keep(batch);
      await end();
      strictEqual(await codeOf(() => rewrite.keep(batches[12]!)), 'closed');
      strictEqual(await codeOf(() => rewrite.finish()), 'closed');
      await rewrite.abandon();
      const before = rig.log.endOffset;
      await rig.committed(100);
      const bases = baseOffsetsIn(await readAll(rig.log, 0, 1000));
      const old = batches.map(batch => batch.baseOffset);
      const kept = old.filter(base => base + 3 > rig.log.startOffset && base < before);
      deepStrictEqual(bases, [...kept, before]);
    });
  }

  test('a fenced writer’s rewrite puts nothing in place any more', async () => {
    const batches = await filled(rig.log, 40);
    const stale = rig.log;
    const rewrite = await stale.rewrite(stale.activeOffset);
    await rewrite.keep(batches[0]!);
    rig.log = await rig.storage.open(rig.key, 2, SETTINGS);
    strictEqual(await codeOf(() => rewrite.keep(batches[1]!)), 'fenced');
    strictEqual(await codeOf(() => rewrite.finish()), 'fenced');
    strictEqual(await codeOf(() => stale.rewrite(9)), 'fenced');
    await holds(rig, batches);
    await rewritten(rig.log, rig.log.activeOffset, []);
    deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, 1000))[0], rig.log.activeOffset);
  });

  test('a rewrite that is just beginning is ended by a later writer too', async () => {
    const batches = await filled(rig.log, 40);
    const beginning = rig.log.rewrite(rig.log.activeOffset);
    beginning.catch(() => undefined);
    rig.log = await rig.storage.open(rig.key, 2, SETTINGS);
    const outcome = await codeOf(async () => {
      const rewrite = await beginning;
      await rewrite.finish();
    });
    strictEqual(outcome, 'fenced');
    await holds(rig, batches);
  });

  test('two writers in turns, each in the middle of a rewrite, leave a whole log', async () => {
    const batches = await filled(rig.log, 40);
    for (let epoch = 2; epoch < 8; epoch++) {
      const rewrite = await rig.log.rewrite(rig.log.activeOffset);
      for (const batch of batches.slice(0, epoch * 4)) await rewrite.keep(batch);
      const finishing = epoch % 2 === 0 ? rewrite.finish().catch(() => undefined) : null;
      rig.log = await rig.storage.open(rig.key, epoch, SETTINGS);
      await finishing;
      const bases = baseOffsetsIn(await readAll(rig.log, 0, 1000));
      const isWhole = bases.every((base, at) => at === 0 || base > bases[at - 1]!);
      ok(isWhole && bases.at(-1) === 117, `epoch ${epoch}: ${bases.join()}`);
      strictEqual(bases[0], 0);
    }
  });

  test('what lies in the active segment is not rewritten', async () => {
    await filled(rig.log, 40);
    await rejects(rig.log.rewrite(rig.log.endOffset), /active/);
    const rewrite = await rig.log.rewrite(9);
    const [beyond] = await rig.committed(100);
    await rejects(async () => rewrite.keep(beyond!), /not rewritten/);
  });

  test('a log may be rewritten again and again', async () => {
    let batches = await filled(rig.log, 40);
    for (let round = 0; round < 6; round++) {
      const to = rig.log.activeOffset;
      const below = batches.filter(batch => batch.baseOffset < to);
      const kept = below.filter((_, at) => at % 4 !== round % 4);
      await rewritten(rig.log, to, kept);
      const more = await filled(rig.log, 6);
      batches = [...kept, ...batches.filter(batch => batch.baseOffset >= to), ...more];
      if (round % 2 === 1) await rig.reopened();
      await holds(rig, batches);
    }
  });
};
