import { ok, strictEqual } from 'node:assert/strict';
import { appended, filled } from '../../support/log-storage-steps.ts';
import type { ContractPart } from './runner.ts';

export const searching: ContractPart = ({ test }, rig) => {
  test('offsetFor stands at or before the first batch that is late enough', async () => {
    const { log } = rig;
    const stamps = Array.from({ length: 80 }, (_, at) => 1000 + ((at * 37) % 60) + at);
    const bases = stamps.map(maxTimestamp => {
      return appended(log, { maxTimestamp, sizeInBytes: 61 + (maxTimestamp % 90) }).baseOffset;
    });
    await log.commit(false);
    for (let timestamp = 990; timestamp < 1150; timestamp++) {
      const exact = stamps.findIndex(stamp => stamp >= timestamp);
      const found = await log.offsetFor(timestamp);
      if (exact < 0) strictEqual(found, log.endOffset);
      else {
        ok(bases.includes(found));
        ok(found <= bases[exact]! && found >= bases[exact]! - 20, `${timestamp}: ${found}`);
      }
    }
  });

  test('batches below the start are not found by their time', async () => {
    const { log } = rig;
    appended(log, { maxTimestamp: 5000 });
    appended(log, { maxTimestamp: 10 });
    await log.commit(false);
    await log.trimBefore(1);
    strictEqual(await log.offsetFor(5000), 2);
    strictEqual(await log.offsetFor(10), 1);
  });

  test('offsetKeeping stands at the first batch from which on there is no more, or little before it', async () => {
    const { log } = rig;
    const batches = await filled(log, 30, 200);
    appended(log, { sizeInBytes: 5000 });
    for (let bytes = 0; bytes <= 6300; bytes += 50) {
      const found = await log.offsetKeeping(bytes);
      const exact = batches.find(b => (batches.length - b.baseOffset / 3) * 200 <= bytes);
      const expected = exact?.baseOffset ?? 90;
      ok(found === 90 || batches.some(b => b.baseOffset === found), `${bytes}: ${found}`);
      ok(found <= expected, `${bytes}: ${found} is above ${expected}`);
      ok(found >= expected - 24, `${bytes}: ${found} is far below ${expected}`);
    }
  });

  test('offsetKeeping counts what is left after a trim', async () => {
    const { log } = rig;
    await filled(log, 30, 200);
    await log.trimBefore(45);
    ok((await log.offsetKeeping(1_000_000)) <= 45);
    const found = await log.offsetKeeping(1000);
    ok(found > 45 && found <= 75, `found ${found}`);
  });
};
