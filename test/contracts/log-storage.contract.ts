import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import type { LogStorage, PartitionLog } from '../../src/ports/log-storage.ts';
import { batchOf } from '../support/batches.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  codeOf,
  keyOf,
  readAll,
  readOnce,
} from '../support/log-storage-steps.ts';
import { logStorageProperty } from './log-storage.property.ts';

/** One store under test; `reopen` closes it and opens what it left behind. */
export interface StorageUnderTest {
  readonly storage: LogStorage;
  readonly reopen: (() => Promise<LogStorage>) | null;
  readonly dispose: () => Promise<void>;
}

/** What every log storage promises: call it in one line per engine. */
export function logStorageContract(name: string, make: () => Promise<StorageUnderTest>): void {
  describe(`${name}: the contract of LogStorage`, () => {
    let under: StorageUnderTest;
    let storage: LogStorage;
    let log: PartitionLog;
    const key = keyOf(0);

    beforeEach(async () => {
      under = await make();
      storage = under.storage;
      log = await storage.open(key, 1, SETTINGS);
    });
    afterEach(() => under.dispose());

    async function committed(...sizes: number[]): Promise<RecordBatch[]> {
      const batches = sizes.map(sizeInBytes => appended(log, { sizeInBytes, count: 3 }));
      await log.commit(false);
      return batches;
    }

    describe('append and read', () => {
      test('a new log is empty', async () => {
        expect(log).toMatchObject({
          startOffset: 0,
          endOffset: 0,
          sizeInBytes: 0,
          checkpoint: null,
        });
        expect(log.epochs).toEqual([{ epoch: 1, startOffset: 0 }]);
        expect(await readOnce(log, 0, 1000)).toHaveLength(0);
        expect(await log.offsetFor(0)).toBe(0);
      });

      test('what was committed is read back byte for byte, over many segments', async () => {
        const batches = await committed(...Array.from({ length: 40 }, (_, at) => 61 + at * 17));
        const expected = Buffer.concat(batches.map(b => b.bytes));
        expect(await readOnce(log, 0, 1_000_000)).toEqual(expected);
        expect(log.endOffset).toBe(120);
        expect(log.sizeInBytes).toBe(expected.length);
      });

      test('nothing is readable before its commit', async () => {
        appended(log);
        expect(log.endOffset).toBe(1);
        expect(await readOnce(log, 0, 1000)).toHaveLength(0);
        await log.commit(false);
        appended(log);
        expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0]);
        expect(await readOnce(log, 1, 1000)).toHaveLength(0);
        expect(await log.offsetFor(0)).toBe(0);
        await log.commit(true);
        expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0, 1]);
      });

      test('a commit does not cover what is appended after it', async () => {
        appended(log);
        const commit = log.commit(false);
        appended(log);
        await commit;
        expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0]);
      });

      test('a read at every offset begins with the batch that holds it', async () => {
        await committed(100, 900, 61, 300, 700, 120, 80);
        for (let offset = 0; offset < log.endOffset; offset++) {
          const bytes = await readOnce(log, offset, 10_000);
          expect(baseOffsetsIn(bytes)[0], `offset ${offset}`).toBe(offset - (offset % 3));
        }
      });

      test('a read at or after the end is empty', async () => {
        await committed(100, 100);
        for (const offset of [6, 7, 1000]) {
          expect(await readOnce(log, offset, 1000)).toHaveLength(0);
        }
      });

      test('as many whole batches are given as fit, to the byte', async () => {
        await committed(100, 200, 300, 400, 500);
        const ends = [100, 300, 600, 1000, 1500];
        for (let maxBytes = 100; maxBytes <= 1600; maxBytes += 1) {
          const bytes = await readOnce(log, 0, maxBytes);
          expect(bytes.length, `maxBytes ${maxBytes}`).toBe(ends.findLast(end => end <= maxBytes));
        }
      });

      test('the first batch is given even when it is larger than maxBytes', async () => {
        await committed(100, 5000, 100);
        for (const maxBytes of [0, 1, 60, 99, 4999]) {
          expect(baseOffsetsIn(await readOnce(log, 3, maxBytes))).toEqual([3]);
        }
        expect((await readOnce(log, 3, 1)).length).toBe(5000);
      });

      test('a reader that goes on from where it was sees each batch once', async () => {
        await committed(...Array.from({ length: 60 }, (_, at) => 61 + ((at * 97) % 700)));
        const expected = Array.from({ length: 60 }, (_, at) => at * 3);
        for (const maxBytes of [1, 500, 1000, 3000]) {
          expect(baseOffsetsIn(await readAll(log, 0, maxBytes))).toEqual(expected);
        }
      });

      test('a reader at the end sees what is committed next', async () => {
        for (let round = 0; round < 30; round++) {
          expect(await readOnce(log, log.endOffset, 1000)).toHaveLength(0);
          const [batch] = await committed(150);
          expect(await readOnce(log, batch!.baseOffset, 1000)).toEqual(batch!.bytes);
        }
      });

      test.each([100, 20_000, 100_000])(
        'the bytes of a batch of %d are the caller’s again',
        async size => {
          const batch = appended(log, { sizeInBytes: size });
          const before = Buffer.from(batch.bytes);
          batch.bytes.fill(0xff);
          await log.commit(false);
          const read = await readOnce(log, 0, 1);
          expect(read).toEqual(before);
          read.fill(0xee);
          expect(await readOnce(log, 0, 1)).toEqual(before);
        },
      );

      test('an append anywhere but at the end is a programmer’s error', async () => {
        await committed(100);
        expect(() => log.append(batchOf({ baseOffset: 2 }))).toThrow('end of the log');
        expect(() => log.append(batchOf({ baseOffset: 4 }))).toThrow('end of the log');
        expect(log.endOffset).toBe(3);
        await committed(100);
        expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0, 3]);
      });

      test('a commit without an append resolves', async () => {
        await log.commit(false);
        await log.commit(true);
        expect(log.endOffset).toBe(0);
      });
    });

    describe('truncate and trim', () => {
      test.each([0, 3, 6, 12, 21, 27, 30])('truncateTo(%d) drops the suffix', async offset => {
        await committed(100, 900, 61, 300, 700, 120, 80, 500, 500, 61);
        await log.saveCheckpoint(Buffer.from('derived'));
        await log.truncateTo(offset);
        expect(log.endOffset).toBe(offset);
        expect(log.checkpoint).toBeNull();
        const kept = Array.from({ length: offset / 3 }, (_, at) => at * 3);
        expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual(kept);
        await committed(400, 700);
        expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([...kept, offset, offset + 3]);
      });

      test('truncation drops what was not committed, and shows nothing of what stays', async () => {
        await committed(100);
        appended(log);
        appended(log);
        await log.truncateTo(4);
        expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0]);
        await log.commit(false);
        expect(baseOffsetsIn(await readOnce(log, 0, 1000))).toEqual([0, 3]);
      });

      test('truncation keeps the writer’s epoch and drops those that wrote nothing', async () => {
        await committed(100, 100);
        log = await storage.open(key, 4, SETTINGS);
        await committed(100);
        await log.truncateTo(3);
        expect(log.epochs).toEqual([
          { epoch: 1, startOffset: 0 },
          { epoch: 4, startOffset: 3 },
        ]);
      });

      test('truncation within a batch is a programmer’s error', async () => {
        await committed(100, 100);
        await expect(log.truncateTo(1)).rejects.toThrow('between batches');
        await committed(100);
        expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 3, 6]);
      });

      test.each([1, 3, 4, 14, 15, 30])('trimBefore(%d) drops the prefix', async offset => {
        await committed(100, 900, 61, 300, 700, 120, 80, 500, 500, 61);
        const before = log.sizeInBytes;
        await log.trimBefore(offset);
        expect(log.startOffset).toBe(offset);
        expect(log.endOffset).toBe(30);
        expect(log.sizeInBytes).toBeLessThanOrEqual(before);
        const first = offset - (offset % 3);
        expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual(
          Array.from({ length: (30 - first) / 3 }, (_, at) => first + at * 3),
        );
        await log.trimBefore(offset - 1);
        expect(log.startOffset).toBe(offset);
      });

      test('a log that was trimmed to its end goes on', async () => {
        await committed(100, 900, 900);
        await log.trimBefore(9);
        await committed(900, 900);
        expect(baseOffsetsIn(await readAll(log, 9, 1000))).toEqual([9, 12]);
        expect(log.epochs).toEqual([{ epoch: 1, startOffset: 9 }]);
      });
    });

    describe('epochs', () => {
      test('a higher epoch fences the writer before it', async () => {
        await committed(100);
        appended(log);
        const newer = await storage.open(key, 2, SETTINGS);
        expect(newer.endOffset).toBe(3);
        expect(newer.epochs).toEqual([
          { epoch: 1, startOffset: 0 },
          { epoch: 2, startOffset: 3 },
        ]);
        expect(await codeOf(() => log.append(batchOf({ baseOffset: 4 })))).toBe('fenced');
        expect(await codeOf(() => log.commit(true))).toBe('fenced');
        expect(await codeOf(() => log.read(0, 1000, size => Buffer.alloc(size)))).toBe('fenced');
        appended(newer, { sizeInBytes: 200 });
        await newer.commit(true);
        expect((await readOnce(newer, 3, 1000)).length).toBe(200);
      });

      test('commits that were asked for before the fence are carried out', async () => {
        appended(log);
        const commits = [log.commit(true), log.commit(false)];
        const newer = await storage.open(key, 2, SETTINGS);
        await Promise.all(commits);
        expect(newer.endOffset).toBe(1);
        expect(baseOffsetsIn(await readOnce(newer, 0, 1000))).toEqual([0]);
      });

      test('a lower epoch is refused, and the higher one goes on', async () => {
        const newer = await storage.open(key, 7, SETTINGS);
        expect(await codeOf(() => storage.open(key, 6, SETTINGS))).toBe('fenced');
        appended(newer);
        await newer.commit(false);
        expect(newer.endOffset).toBe(1);
      });

      test('interleaved writers leave only what the newest could write', async () => {
        const kept: number[] = [];
        for (let epoch = 2; epoch < 12; epoch++) {
          const stale = log;
          log = await storage.open(key, epoch, SETTINGS);
          kept.push(log.endOffset);
          await committed(100);
          expect(await codeOf(() => stale.append(batchOf({ baseOffset: log.endOffset })))).toBe(
            'fenced',
          );
          expect(await codeOf(() => stale.commit(false))).toBe('fenced');
        }
        expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual(kept);
        expect(log.epochs).toHaveLength(10);
      });

      test('epochs that wrote nothing are not kept', async () => {
        for (let epoch = 2; epoch < 6; epoch++) log = await storage.open(key, epoch, SETTINGS);
        expect(log.epochs).toEqual([{ epoch: 5, startOffset: 0 }]);
      });

      test('the same epoch may open again: the older handle is fenced', async () => {
        await committed(100);
        const again = await storage.open(key, 1, SETTINGS);
        expect(again.epochs).toEqual([{ epoch: 1, startOffset: 0 }]);
        expect(await codeOf(() => log.commit(false))).toBe('fenced');
        expect(again.endOffset).toBe(3);
      });
    });

    describe('timestamps', () => {
      test('offsetFor stands at or before the first batch that is late enough', async () => {
        const stamps = Array.from({ length: 80 }, (_, at) => 1000 + ((at * 37) % 60) + at);
        const bases = stamps.map(
          maxTimestamp =>
            appended(log, { maxTimestamp, sizeInBytes: 61 + (maxTimestamp % 90) }).baseOffset,
        );
        await log.commit(false);
        for (let timestamp = 990; timestamp < 1150; timestamp++) {
          const exact = stamps.findIndex(stamp => stamp >= timestamp);
          const found = await log.offsetFor(timestamp);
          if (exact < 0) expect(found).toBe(log.endOffset);
          else {
            expect(bases).toContain(found);
            expect(found).toBeLessThanOrEqual(bases[exact]!);
            expect(found).toBeGreaterThanOrEqual(bases[exact]! - 20);
          }
        }
      });

      test('batches below the start are not found', async () => {
        appended(log, { maxTimestamp: 5000 });
        appended(log, { maxTimestamp: 10 });
        await log.commit(false);
        await log.trimBefore(1);
        expect(await log.offsetFor(5000)).toBe(2);
        expect(await log.offsetFor(10)).toBe(1);
      });
    });

    test('a checkpoint is given back, and is a copy', async () => {
      const bytes = Buffer.from('producers');
      await log.saveCheckpoint(bytes);
      bytes.fill(0);
      expect(log.checkpoint?.toString()).toBe('producers');
      log = await storage.open(key, 2, SETTINGS);
      expect(log.checkpoint?.toString()).toBe('producers');
    });

    test('list names every log with its highest epoch; remove ends one', async () => {
      const other = { ...keyOf(1), topic: 'a.b-c_d' };
      await storage.open(other, 5, SETTINGS);
      await committed(100);
      const entries = [
        { topicId: key.topicId, partition: 0, epoch: 1 },
        { topicId: other.topicId, partition: 1, epoch: 5 },
      ];
      expect(await storage.list()).toEqual(expect.arrayContaining(entries));
      await storage.remove(key);
      await storage.remove(keyOf(99));
      expect(await storage.list()).toEqual([entries[1]]);
      expect(await codeOf(() => log.commit(false))).toBe('closed');
      log = await storage.open(key, 0, SETTINGS);
      expect(log).toMatchObject({ startOffset: 0, endOffset: 0, sizeInBytes: 0 });
    });

    const refused: [string, () => unknown][] = [
      ['append', () => log.append(batchOf({ baseOffset: log.endOffset }))],
      ['commit', () => log.commit(false)],
      ['durable commit', () => log.commit(true)],
      ['read', () => log.read(0, 1000, size => Buffer.alloc(size))],
      ['offsetFor', () => log.offsetFor(0)],
      ['truncateTo', () => log.truncateTo(log.endOffset)],
      ['trimBefore', () => log.trimBefore(log.endOffset)],
      ['saveCheckpoint', () => log.saveCheckpoint(Buffer.alloc(1))],
      ['open', () => storage.open(key, 9, SETTINGS)],
      ['list', () => storage.list()],
      ['remove', () => storage.remove(key)],
    ];
    test.each(refused)('%s is refused after close', async (_, operation) => {
      await committed(100);
      await storage.close();
      expect(await codeOf(operation)).toBe('closed');
      await storage.close();
    });

    test('many logs take appends and reads at once and do not mix', async () => {
      const logs = await Promise.all(
        Array.from({ length: 50 }, (_, at) => storage.open(keyOf(at + 1), 1, SETTINGS)),
      );
      await Promise.all(
        logs.map(async (each, at) => {
          for (let round = 0; round < 20; round++) {
            const batch = appended(each, { fill: at, sizeInBytes: 61 + at * 7 });
            await each.commit(round % 5 === 0);
            expect((await readOnce(each, batch.baseOffset, 1)).equals(batch.bytes)).toBe(true);
          }
        }),
      );
      for (const [at, each] of logs.entries()) {
        const bytes = await readAll(each, 0, 1000);
        expect(bytes.length).toBe(20 * (61 + at * 7));
        expect(each.sizeInBytes).toBe(bytes.length);
      }
    });

    test('a persistent store has everything again after it was closed', async () => {
      if (under.reopen === null) return;
      const batches = await committed(100, 900, 20_000, 61);
      batches.push(appended(log));
      await log.saveCheckpoint(Buffer.from('derived'));
      await log.trimBefore(1);
      storage = await under.reopen();
      expect(await storage.list()).toEqual([{ topicId: key.topicId, partition: 0, epoch: 1 }]);
      log = await storage.open(key, 2, SETTINGS);
      expect(log).toMatchObject({ startOffset: 1, endOffset: 13 });
      expect(log.checkpoint?.toString()).toBe('derived');
      expect(log.epochs).toEqual([
        { epoch: 1, startOffset: 1 },
        { epoch: 2, startOffset: 13 },
      ]);
      expect(await readOnce(log, 0, 100_000)).toEqual(Buffer.concat(batches.map(b => b.bytes)));
      storage = await under.reopen();
      expect(await codeOf(() => storage.open(key, 1, SETTINGS))).toBe('fenced');
    });

    logStorageProperty(() => under);
  });
}
