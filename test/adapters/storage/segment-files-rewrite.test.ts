import { describe, expect, test } from 'vitest';
import { batchesIn, type RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import type { PartitionLog } from '../../../src/ports/log-storage.ts';
import type { CrashMode, Operation } from '../../support/faulty-file-system.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  filled,
  keyOf,
  readAll,
  readOnce,
  rewritten,
  shrunk,
} from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const DIRECTORY = '/data/orders-0.AbC-_0123456789abcdefg';

/** What `isOldOrNew` gives before the rewrite: the third segment stays as it is in any case. */
const UNTOUCHED = [false, false, true, false, false];

/** A log of six segments on a disk that can fail, and what a rewrite of the five older ones is to keep. */
class Rewritten {
  readonly harness = new SegmentFilesHarness();
  log!: PartitionLog;
  batches: RecordBatch[] = [];
  kept: RecordBatch[] = [];
  to = 0;
  /** Base offsets of the segments that are rewritten. */
  segments: number[] = [];

  static async begin(): Promise<Rewritten> {
    const self = new Rewritten();
    const storage = await self.harness.open();
    self.log = await storage.open(keyOf(0), 1, SETTINGS);
    self.batches = await filled(self.log, 28);
    self.to = self.log.activeOffset;
    self.segments = self.harness.fileSystem
      .list(DIRECTORY)
      .filter(name => name.endsWith('.log'))
      .map(name => Number.parseInt(name, 10))
      .filter(base => base < self.to);
    // Of the second segment nothing is kept, and all of the third.
    self.kept = self.batches.flatMap((batch, at) => {
      const segment = self.segments.findLastIndex(base => base <= batch.baseOffset);
      if (batch.baseOffset >= self.to || segment === 1) return [];
      if (segment === 2) return [batch];
      return at % 3 === 0 ? [shrunk(batch)] : at % 3 === 1 ? [batch] : [];
    });
    // Whatever closing a segment has to write comes before the rewrite.
    await self.log.audit();
    return self;
  }

  /** Each of the older segments is as it was or as it was to be, and the rest is as it was. */
  async isOldOrNew(log: PartitionLog): Promise<boolean[]> {
    const found = [...batchesIn(await readAll(log, 0, 1000))];
    const areNew = this.segments.map((base, at) => {
      const end = this.segments[at + 1] ?? this.to;
      const [now, before, after] = [found, this.batches, this.kept].map(all =>
        Buffer.concat(
          all.filter(b => b.baseOffset >= base && b.baseOffset < end).map(b => b.bytes),
        ),
      );
      const isNew = now!.equals(after!);
      expect(isNew || now!.equals(before!), `segment ${base}`).toBe(true);
      return isNew;
    });
    const rest = this.batches.filter(batch => batch.baseOffset >= this.to);
    const foundRest = found.filter(batch => batch.baseOffset >= this.to).slice(0, rest.length);
    expect(baseOffsetsIn(Buffer.concat(foundRest.map(b => b.bytes)))).toEqual(
      rest.map(batch => batch.baseOffset),
    );
    return areNew;
  }
}

/** Rewrites, and appends in between, until the machine goes at a change; gives how far durable commits came. */
async function rewriteUntil(log: PartitionLog, rig: Rewritten): Promise<number> {
  let durableEnd = log.endOffset;
  try {
    const rewrite = await log.rewrite(rig.to);
    for (const [at, batch] of rig.kept.entries()) {
      await rewrite.keep(batch);
      if (at % 5 !== 4) continue;
      appended(log, { sizeInBytes: 400, count: 3 });
      const end = log.endOffset;
      await log.commit(true);
      durableEnd = end;
    }
    await rewrite.finish();
  } catch (error) {
    if (rig.harness.fileSystem.hasPower) throw error;
  }
  return durableEnd;
}

async function diesAt(change: number, mode: CrashMode, seed: number): Promise<boolean> {
  const rig = await Rewritten.begin();
  const { harness } = rig;
  const { fileSystem } = harness;
  fileSystem.losePowerAt(change);
  const durableEnd = await rewriteUntil(rig.log, rig);
  const isOver = fileSystem.hasPower;
  fileSystem.crash(mode, new SeededRandom(seed + change));
  const log = await (await harness.open()).open(keyOf(0), 2, SETTINGS);
  expect(log.startOffset).toBe(0);
  expect(log.endOffset).toBeGreaterThanOrEqual(durableEnd);
  const areNew = await rig.isOldOrNew(log);
  if (isOver) expect(areNew).toEqual(areNew.map(() => true));
  expect(await log.audit()).toEqual([]);
  expect(fileSystem.list(DIRECTORY).filter(name => /cleaned|damaged/.test(name))).toEqual([]);
  await rewritten(log, rig.to, rig.kept);
  expect(await rig.isOldOrNew(log)).toEqual(areNew.map(() => true));
  fileSystem.crash('lose-all', new SeededRandom(seed));
  const again = await (await harness.open()).open(keyOf(0), 3, SETTINGS);
  expect(await rig.isOldOrNew(again)).toEqual(areNew.map(() => true));
  return isOver;
}

describe('a rewrite that the machine does not survive', () => {
  test.each<CrashMode>(['kill-process', 'lose-all', 'keep-prefix', 'keep-sectors'])(
    '%s at every change of the disk: each segment is old or new, and nothing else is lost',
    async mode => {
      const seed = seedOfRun();
      let change = 0;
      for (let isOver = false; !isOver;) {
        change += 1;
        isOver = await diesAt(change, mode, seed).catch((cause: unknown) => {
          throw new Error(`seed ${seed}, ${mode} at change ${change}`, { cause });
        });
      }
      expect(change, 'a rewrite without changes proves nothing').toBeGreaterThan(40);
    },
  );
});

describe('a disk that fails during a rewrite', () => {
  const faults: [Operation, RegExp, string][] = [
    ['open', /cleaned$/, 'EMFILE'],
    ['write', /cleaned$/, 'ENOSPC'],
    ['sync', /cleaned$/, 'EIO'],
    ['rename', /cleaned$/, 'EIO'],
    ['write', /index.cleaned$/, 'ENOSPC'],
    ['sync', /index.cleaned$/, 'EIO'],
    ['sync-directory', /orders-0/, 'EIO'],
  ];
  test.each(faults)(
    '%s of %s: it is given up, and the log goes on',
    async (operation, path, code) => {
      let isOver = false;
      for (let nth = 1; !isOver; nth++) {
        const rig = await Rewritten.begin();
        const { log, harness } = rig;
        const rewrite = await log.rewrite(rig.to);
        harness.fileSystem.failNth(operation, nth, code, path);
        const outcome = await codeOf(async () => {
          for (const batch of rig.kept) await rewrite.keep(batch);
          await rewrite.finish();
        });
        isOver = outcome === 'no error';
        harness.fileSystem.heal();
        if (!isOver) expect(outcome).toBe('failed');
        if (!isOver) expect(await codeOf(() => rewrite.keep(rig.kept[0]!))).not.toBe('no error');
        await rig.isOldOrNew(log);
        expect(harness.fileSystem.list(DIRECTORY).filter(name => name.endsWith('cleaned'))).toEqual(
          [],
        );
        const [next] = await filled(log, 2);
        expect(baseOffsetsIn(await readOnce(log, next!.baseOffset, 1))).toEqual([next!.baseOffset]);
        await rewritten(log, rig.to, rig.kept);
        expect(await rig.isOldOrNew(log)).not.toContain(false);
        if (isOver) expect(nth, 'a fault that is never met proves nothing').toBeGreaterThan(1);
      }
    },
  );

  test('a full disk ends it, and not the log', async () => {
    const rig = await Rewritten.begin();
    const rewrite = await rig.log.rewrite(rig.to);
    rig.harness.fileSystem.isFull = true;
    const outcome = await codeOf(async () => {
      for (const batch of rig.kept) await rewrite.keep(batch);
    });
    expect(outcome).toBe('failed');
    rig.harness.fileSystem.isFull = false;
    await filled(rig.log, 3);
    expect(await rig.isOldOrNew(rig.log)).toEqual(UNTOUCHED);
  });
});

describe('files during a rewrite', () => {
  test('a read that is under way goes on with the file that it has, which is closed after it', async () => {
    const harness = new SegmentFilesHarness();
    const storage = await harness.open({ hotTailBytes: 0, maxOpenFiles: 3 });
    const log = await storage.open(keyOf(0), 1, SETTINGS);
    const batches = await filled(log, 28);
    const kept = batches.filter(batch => batch.baseOffset < log.activeOffset).map(shrunk);
    const rewrite = await log.rewrite(log.activeOffset);
    // One read is begun each time a segment is put in place; each sees batches that are old or new, and whole.
    const reads: Promise<Buffer>[] = [];
    for (const batch of kept) {
      reads.push(readOnce(log, 0, 8000), readOnce(log, batch.baseOffset, 700));
      await rewrite.keep(batch);
      reads.push(readOnce(log, 0, 8000));
    }
    await rewrite.finish();
    const valid = new Set([...batches, ...kept].map(batch => batch.bytes.toString('hex')));
    for (const bytes of await Promise.all(reads)) {
      const found = [...batchesIn(bytes)];
      expect(found.length).toBeGreaterThan(0);
      for (const batch of found) expect(valid.has(batch.bytes.toString('hex'))).toBe(true);
    }
    await storage.close();
    expect(harness.fileSystem.openCount).toBe(0);
  });

  test('what an unfinished rewrite has left is removed at the next start', async () => {
    const rig = await Rewritten.begin();
    const rewrite = await rig.log.rewrite(rig.to);
    await rewrite.keep(rig.kept[0]!);
    const left = `${DIRECTORY}/00000000000000000000.log.cleaned`;
    rig.harness.fileSystem.setContent(left, Buffer.alloc(100));
    const log = await (await rig.harness.open()).open(keyOf(0), 2, SETTINGS);
    expect(rig.harness.fileSystem.sizeOf(left)).toBeNull();
    expect(await rig.isOldOrNew(log)).toEqual(UNTOUCHED);
  });

  test('a segment of which nothing is left has no files any more', async () => {
    const rig = await Rewritten.begin();
    await rewritten(rig.log, rig.to, rig.kept);
    const names = rig.harness.fileSystem.list(DIRECTORY);
    const second = String(rig.segments[1]).padStart(20, '0');
    expect(names.filter(name => name.startsWith(second))).toEqual([]);
    expect(names.filter(name => name.endsWith('.log'))).toHaveLength(rig.segments.length);
  });
});

test('trusts no segment that was rolled while it waited for its turn, and is only written', async () => {
  const harness = new SegmentFilesHarness();
  const { fileSystem } = harness;
  const log = await (await harness.open()).open(keyOf(0), 1, SETTINGS);
  appended(log, { sizeInBytes: 1400, count: 1 });
  await log.commit(false);
  const turn = log.saveCheckpoint(Buffer.from('what comes before'));
  const rewriting = log.rewrite(0);
  const rolled = log.endOffset;
  appended(log, { sizeInBytes: 1400, count: 1 });
  await log.commit(false);
  await turn;
  await rewriting;
  expect(log.activeOffset).toBe(rolled);
  fileSystem.crash('lose-all');
  const found = await (await harness.open()).open(keyOf(0), 2, SETTINGS);
  const bases = baseOffsetsIn(await readAll(found, 0, 1000));
  expect(bases).toEqual(Array.from({ length: found.endOffset }, (_, at) => at));
  expect(await found.audit()).toEqual([]);
});
