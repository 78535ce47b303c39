import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { batchOf } from '../../support/batches.ts';
import { appended, baseOffsetsIn, readAll, readOnce } from '../../support/log-storage-steps.ts';
import type { ContractPart } from './runner.ts';

export const appendAndRead: ContractPart = ({ test }, rig) => {
  test('a new log is empty', async () => {
    const { log } = rig;
    deepStrictEqual([log.startOffset, log.endOffset, log.sizeInBytes], [0, 0, 0]);
    strictEqual(log.activeOffset, 0);
    strictEqual(log.checkpoint, null);
    deepStrictEqual(log.epochs, [{ epoch: 1, startOffset: 0 }]);
    strictEqual((await readOnce(log, 0, 1000)).length, 0);
    strictEqual(await log.offsetFor(0), 0);
    strictEqual(await log.offsetKeeping(0), 0);
  });

  test('what was committed is read back byte for byte, over many segments', async () => {
    const sizes = Array.from({ length: 40 }, (_, at) => 61 + at * 17);
    const expected = Buffer.concat((await rig.committed(...sizes)).map(b => b.bytes));
    ok((await readOnce(rig.log, 0, 1_000_000)).equals(expected));
    strictEqual(rig.log.endOffset, 120);
    strictEqual(rig.log.sizeInBytes, expected.length);
  });

  test('nothing is readable before its commit', async () => {
    const { log } = rig;
    appended(log);
    strictEqual(log.endOffset, 1);
    strictEqual((await readOnce(log, 0, 1000)).length, 0);
    await log.commit(false);
    appended(log);
    deepStrictEqual(baseOffsetsIn(await readOnce(log, 0, 1000)), [0]);
    strictEqual((await readOnce(log, 1, 1000)).length, 0);
    strictEqual(await log.offsetFor(0), 0);
    await log.commit(true);
    deepStrictEqual(baseOffsetsIn(await readOnce(log, 0, 1000)), [0, 1]);
  });

  test('a commit does not cover what is appended after it', async () => {
    appended(rig.log);
    const commit = rig.log.commit(false);
    appended(rig.log);
    await commit;
    deepStrictEqual(baseOffsetsIn(await readOnce(rig.log, 0, 1000)), [0]);
  });

  test('a read at every offset begins with the batch that holds it', async () => {
    await rig.committed(100, 900, 61, 300, 700, 120, 80);
    for (let offset = 0; offset < rig.log.endOffset; offset++) {
      const bytes = await readOnce(rig.log, offset, 10_000);
      strictEqual(baseOffsetsIn(bytes)[0], offset - (offset % 3), `offset ${offset}`);
    }
  });

  test('a read at or after the end is empty', async () => {
    await rig.committed(100, 100);
    for (const offset of [6, 7, 1000]) {
      strictEqual((await readOnce(rig.log, offset, 1000)).length, 0);
    }
  });

  test('as many whole batches are given as fit, to the byte', async () => {
    await rig.committed(100, 200, 300, 400, 500);
    const ends = [100, 300, 600, 1000, 1500];
    for (let maxBytes = 100; maxBytes <= 1600; maxBytes += 1) {
      const { length } = await readOnce(rig.log, 0, maxBytes);
      strictEqual(
        length,
        ends.findLast(end => end <= maxBytes),
        `maxBytes ${maxBytes}`,
      );
    }
  });

  test('the first batch is given even when it is larger than maxBytes', async () => {
    await rig.committed(100, 5000, 100);
    for (const maxBytes of [0, 1, 60, 99, 4999]) {
      deepStrictEqual(baseOffsetsIn(await readOnce(rig.log, 3, maxBytes)), [3]);
    }
    strictEqual((await readOnce(rig.log, 3, 1)).length, 5000);
  });

  test('a reader that goes on from where it was sees each batch once', async () => {
    await rig.committed(...Array.from({ length: 60 }, (_, at) => 61 + ((at * 97) % 700)));
    const expected = Array.from({ length: 60 }, (_, at) => at * 3);
    for (const maxBytes of [1, 500, 1000, 3000]) {
      deepStrictEqual(baseOffsetsIn(await readAll(rig.log, 0, maxBytes)), expected);
    }
  });

  test('a reader at the end sees what is committed next', async () => {
    for (let round = 0; round < 30; round++) {
      strictEqual((await readOnce(rig.log, rig.log.endOffset, 1000)).length, 0);
      const [batch] = await rig.committed(150);
      ok((await readOnce(rig.log, batch!.baseOffset, 1000)).equals(batch!.bytes));
    }
  });

  for (const size of [100, 20_000, 100_000]) {
    test(`the bytes of a batch of ${size} are the caller's again`, async () => {
      const batch = appended(rig.log, { sizeInBytes: size });
      const before = Buffer.from(batch.bytes);
      batch.bytes.fill(0xff);
      await rig.log.commit(false);
      const read = await readOnce(rig.log, 0, 1);
      ok(read.equals(before));
      read.fill(0xee);
      ok((await readOnce(rig.log, 0, 1)).equals(before));
    });
  }

  test("an append below the end is a programmer's error", async () => {
    await rig.committed(100);
    for (const baseOffset of [0, 2]) {
      throws(() => rig.log.append(batchOf({ baseOffset })), /end of the log/);
    }
    strictEqual(rig.log.endOffset, 3);
    await rig.committed(100);
    deepStrictEqual(baseOffsetsIn(await readOnce(rig.log, 0, 1000)), [0, 3]);
  });

  test('a commit without an append resolves', async () => {
    await rig.log.commit(false);
    await rig.log.commit(true);
    strictEqual(rig.log.endOffset, 0);
  });

  test('the active segment moves on when it is full, and is never beyond the end', async () => {
    const seen = new Set<number>();
    for (let at = 0; at < 12; at++) {
      await rig.committed(400);
      ok(rig.log.activeOffset <= rig.log.endOffset);
      seen.add(rig.log.activeOffset);
    }
    // Three batches of 400 bytes fit in a segment of 1500.
    deepStrictEqual([...seen], [0, 9, 18, 27]);
  });

  test('the place of an offset is told in words', async () => {
    await rig.committed(100, 200);
    for (const offset of [0, 4, 6, 1000]) ok(rig.log.placeOf(offset).length > 0);
  });
};
