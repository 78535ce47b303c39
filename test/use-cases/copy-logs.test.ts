import { beforeEach, describe, expect, test } from 'vitest';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { buildBatch } from '../../src/domain/model/log/batch-builder.ts';
import { batchesIn, RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import {
  CopyLogs,
  type CopyCommand,
  type CopyProgress,
  type LeftOut,
} from '../../src/domain/use-cases/copy-logs.ts';
import type { SourceLog } from '../../src/domain/use-cases/runtime/log-copy.ts';
import { storedCluster } from '../../src/domain/use-cases/runtime/copy-sources.ts';
import { VerifyLogs } from '../../src/domain/use-cases/verify-logs.ts';
import { StorageError, type LogStorage, type PartitionLog } from '../../src/ports/log-storage.ts';
import { batchOf } from '../support/batches.ts';
import { bytesOf, contentsOf, SMALL_SEGMENTS } from '../support/log-contents.ts';
import { TIMERS_AT_ONCE } from '../support/timers-at-once.ts';

const CHECKSUM = new Crc32c();
const NEVER = new AbortController().signal;
const topicId = (letter: string): string => letter.repeat(22);
const ORDERS = { topicId: topicId('o'), topic: 'orders', partition: 0 };

/** A log as one string: `e3` opens it with epoch 3, a number appends a batch of so many records. */
async function write(storage: LogStorage, key: typeof ORDERS, script: string) {
  let log: PartitionLog | null = null;
  let epoch = 0;
  for (const word of script.split(' ')) {
    if (word.startsWith('e')) {
      epoch = Number(word.slice(1));
      log = await storage.open(key, epoch, SMALL_SEGMENTS);
      continue;
    }
    const baseOffset = log!.endOffset;
    log!.append(batchOf({ baseOffset, leaderEpoch: epoch, count: Number(word), sizeInBytes: 700 }));
    await log!.commit(false);
  }
  return log!;
}

let source: MemoryLogStorage;
let target: MemoryLogStorage;
let progress: CopyProgress[];

beforeEach(() => {
  source = new MemoryLogStorage();
  target = new MemoryLogStorage();
  progress = [];
});

async function copy(given: Partial<CopyCommand> = {}) {
  const { sources } = await storedCluster(source, CHECKSUM);
  const { signal = NEVER, ...rest } = given;
  const progressed = (one: CopyProgress): void => void progress.push(one);
  return new CopyLogs(CHECKSUM, TIMERS_AT_ONCE).execute({
    ...{ sources, target, progressed, signal },
    ...rest,
  });
}

async function findingsIn(storage: LogStorage): Promise<string[]> {
  const findings: string[] = [];
  await new VerifyLogs(CHECKSUM, new NodeCompression()).execute({
    storage,
    found: ({ offset, problem }) => void findings.push(`${offset}: ${problem}`),
    progressed: () => undefined,
  });
  return findings;
}

async function expectSame(): Promise<void> {
  const copied = await contentsOf(target);
  expect(copied).toEqual(await contentsOf(source));
  expect(copied.length).toBeGreaterThan(0);
}

describe('a copy has the bytes, offsets and epochs of its source', () => {
  test.each([
    ['batches of one epoch', 'e1 3 1 5'],
    ['several epochs, some without a batch', 'e1 3 1 e2 e4 2 e7 1 1 e9'],
    ['an empty log', 'e5'],
    ['many batches', `e1 ${'2 '.repeat(40).trim()} e2 ${'1 '.repeat(40).trim()}`],
  ])('%s', async (_, script) => {
    await write(source, ORDERS, script);
    await write(source, { ...ORDERS, partition: 1 }, 'e1 4');
    await copy();
    await expectSame();
  });

  test('a log whose start lies within a batch, at the start of one, and at its end', async () => {
    for (const [partition, start] of [5, 3, 9].entries()) {
      const log = await write(source, { ...ORDERS, partition }, 'e1 3 e2 4 2');
      await log.trimBefore(start);
    }
    await copy();
    await expectSame();
    const [within, between, none] = await contentsOf(target);
    expect([within!.startOffset, between!.startOffset, none!.startOffset]).toEqual([5, 3, 9]);
    expect(none).toMatchObject({ endOffset: 9, bytes: '' });
  });

  test('a log that goes on at an offset with nothing before', async () => {
    const log = await write(source, ORDERS, 'e1 3');
    await log.restartAt(1000);
    await copy();
    await expectSame();
  });

  test.each([
    ['in one epoch', `e1 ${'2 '.repeat(20).trim()}`],
    [
      'in several, at their borders too',
      `e1 ${'2 2 2 e2 2 2 e5 2 e7 2 2 2 '.repeat(1)}2 2 2 e9 2 2`,
    ],
  ])('a log with gaps, as compaction leaves them, %s', async (_, script) => {
    for (const [partition, remainder] of [0, 1, 2].entries()) {
      const log = await write(source, { ...ORDERS, partition }, script);
      const all = [...batchesIn(await bytesOf(log))];
      const rewrite = await log.rewrite(log.activeOffset);
      const kept = all.filter((_batch, at) => at % 3 === remainder);
      for (const batch of kept) if (batch.baseOffset < log.activeOffset) await rewrite.keep(batch);
      await rewrite.finish();
      expect(log.sizeInBytes, 'there are gaps').toBeLessThan(all.length * 600);
    }
    await copy();
    await expectSame();
  });

  test('a compressed or odd batch is bytes like any other', async () => {
    const log = await write(source, ORDERS, 'e1 1');
    log.append(
      batchOf({ baseOffset: 1, leaderEpoch: 1, attributes: 0x34, sizeInBytes: 3_000_000 }),
    );
    await log.commit(false);
    await copy();
    await expectSame();
  });
});

test.each([
  ['within the copy', 5, { startOffset: 5, endOffset: 6, bytes: 700 }],
  ['beyond its end', 8, { startOffset: 6, endOffset: 6, bytes: 0 }],
])('a source that is trimmed meanwhile, %s', async (_, trimmedTo, expected) => {
  const log = await write(source, ORDERS, 'e1 2 2 2 2 2');
  let reads = 0;
  const open = async (): Promise<SourceLog> => ({
    get startOffset() {
      return log.startOffset;
    },
    ...{ endOffset: 6, epochs: log.epochs, settings: SMALL_SEGMENTS },
    placeOf: offset => log.placeOf(offset),
    read: async (offset, _maxBytes, allocate) => {
      if (reads++ === 1) await log.trimBefore(trimmedTo);
      return log.read(offset, 1, allocate);
    },
  });
  const sources = [{ key: ORDERS, sizeInBytes: 3500, open }];
  const command = { sources, target, progressed: () => undefined, signal: NEVER };
  await new CopyLogs(CHECKSUM, TIMERS_AT_ONCE).execute(command);
  const [copied] = await contentsOf(target);
  expect({ ...copied, bytes: copied!.bytes.length / 2 }).toMatchObject(expected);
});

test('a source that ends before it should is no copy', async () => {
  const log = await write(source, ORDERS, 'e1 2 2');
  const open = async (): Promise<SourceLog> => ({
    ...{ startOffset: 0, endOffset: 9, epochs: log.epochs, settings: SMALL_SEGMENTS },
    placeOf: offset => log.placeOf(offset),
    read: (...args) => log.read(...args),
  });
  const sources = [{ key: ORDERS, sizeInBytes: 1400, open }];
  const command = { sources, target, progressed: () => undefined, signal: NEVER };
  await expect(new CopyLogs(CHECKSUM, TIMERS_AT_ONCE).execute(command)).rejects.toThrow(
    'orders-0 at offset 4 (memory, offset 4) is damaged: nothing is there up to the end of the log at 9',
  );
});

test('says of each log what the copy holds, though the front of it was there, or was trimmed', async () => {
  const log = await write(source, ORDERS, 'e1 3 2 e4 1');
  await log.trimBefore(4);
  await write(target, ORDERS, 'e1 3 2');
  await write(source, { ...ORDERS, partition: 1 }, 'e2 3 2');
  await write(target, { ...ORDERS, partition: 1 }, 'e2 3');
  await (await write(source, { ...ORDERS, partition: 2 }, 'e2 3 2')).trimBefore(5);
  expect(await copy()).toEqual([
    { ...ORDERS, epoch: 4, startOffset: 4, endOffset: 6, batches: 2, bytes: 1400 },
    { ...ORDERS, partition: 1, epoch: 2, startOffset: 0, endOffset: 5, batches: 2, bytes: 1400 },
    { ...ORDERS, partition: 2, epoch: 2, startOffset: 5, endOffset: 5, batches: 0, bytes: 0 },
  ]);
});

test('tells how far it is, by bytes and by logs', async () => {
  await write(source, ORDERS, 'e1 1 1 1');
  await write(source, { ...ORDERS, partition: 1 }, 'e1 1');
  const copied = await copy();
  expect(progress.at(-1)).toEqual({ bytes: 2800, totalBytes: 2800, logs: 2, totalLogs: 2 });
  expect(copied.map(({ partition, endOffset, epoch }) => [partition, endOffset, epoch])).toEqual([
    [0, 3, 1],
    [1, 1, 1],
  ]);
});

describe('a copy that was cut short', () => {
  const SCRIPT = 'e1 3 1 e4 2 1 e7 1 1';

  test('goes on where it was, from every batch, and from between the epochs', async () => {
    const words = SCRIPT.split(' ');
    for (let length = 1; length <= words.length; length++) {
      [source, target] = [new MemoryLogStorage(), new MemoryLogStorage()];
      const log = await write(source, ORDERS, SCRIPT);
      await log.trimBefore(2);
      await write(target, ORDERS, words.slice(0, length).join(' '));
      const before = (await target.list())[0]!.sizeInBytes;
      progress = [];
      await copy();
      await expectSame();
      expect(progress[0]!.bytes, 'what was there counts').toBe(before);
    }
  });

  test('begins anew where what is there is not the front of the source', async () => {
    await write(source, ORDERS, 'e1 3 1 1');
    await write(target, ORDERS, 'e1 1 1');
    await copy();
    await expectSame();
    await write(target, ORDERS, 'e1 1 1 1 1 1');
    await copy();
    await expectSame();
  });

  test('begins anew where the epoch is not one of the source; other logs go', async () => {
    await write(source, ORDERS, 'e1 3 e4 1');
    await write(target, ORDERS, 'e2 3');
    await write(target, { ...ORDERS, partition: 7 }, 'e2 3');
    await copy();
    await expectSame();
  });

  test('begins anew where the source cannot be read at what is there', async () => {
    const log = await write(source, ORDERS, 'e1 3 2');
    const read: SourceLog['read'] = async (offset, ...rest) => {
      if (offset >= 3) throw new StorageError('corrupt', 'a sector is gone');
      return log.read(offset, 1, rest[1]);
    };
    const open = async (): Promise<SourceLog> => ({
      ...{ startOffset: 0, endOffset: 5, epochs: log.epochs, settings: SMALL_SEGMENTS },
      placeOf: offset => log.placeOf(offset),
      read,
    });
    for (const time of ['first', 'again']) {
      const damages: LeftOut[] = [];
      const sources = [{ key: ORDERS, sizeInBytes: 1400, open }];
      const [copied] = await copy({ sources, leftOut: one => void damages.push(one) });
      expect(damages, time).toMatchObject([{ offset: 3, nextOffset: 5 }]);
      expect(copied, time).toMatchObject({ endOffset: 5, batches: 2, bytes: 761 });
    }
  });

  test('by its signal rejects with the reason, and can be taken up', async () => {
    await write(source, ORDERS, `e1 ${'2 '.repeat(4000).trim()}`);
    const abort = new AbortController();
    const { sources } = await storedCluster(source, CHECKSUM);
    const progressed = ({ bytes }: CopyProgress): void => {
      if (bytes > 0) abort.abort(new Error('enough'));
    };
    const cut = new CopyLogs(CHECKSUM, TIMERS_AT_ONCE).execute({
      ...{ sources, target, progressed, signal: abort.signal },
    });
    await expect(cut).rejects.toThrow('enough');
    const [{ sizeInBytes } = { sizeInBytes: 0 }] = await target.list();
    expect(sizeInBytes).toBeGreaterThan(0);
    expect(sizeInBytes).toBeLessThan(2_800_000);
    await copy();
    await expectSame();
  });
});

test('a copy can be given up while what is there is counted', async () => {
  await write(source, ORDERS, `e1 ${'2 '.repeat(4000).trim()}`);
  await copy();
  const whole = progress.at(-1)!.bytes;
  progress = [];
  const abort = new AbortController();
  const { sources } = await storedCluster(source, CHECKSUM);
  // The first word is of what was there, and the second of counting.
  const progressed = (one: CopyProgress): void => {
    if (progress.push(one) === 2) abort.abort(new Error('enough'));
  };
  const { signal } = abort;
  const given = { sources, target, progressed, signal };
  await expect(new CopyLogs(CHECKSUM, TIMERS_AT_ONCE).execute(given)).rejects.toThrow('enough');
  expect(progress.map(({ bytes, logs }) => [bytes, logs])).toEqual([
    [whole, 0],
    [whole, 0],
  ]);
});

describe('a damaged batch', () => {
  /** The second of three batches has a byte that is not what its checksum says. */
  async function damage(): Promise<void> {
    const log = await write(source, ORDERS, 'e1 3');
    const bad = batchOf({ baseOffset: 3, leaderEpoch: 1, count: 2, sizeInBytes: 700 });
    bad.bytes[650]! ^= 1;
    log.append(new RecordBatch(bad.bytes));
    log.append(batchOf({ baseOffset: 5, leaderEpoch: 1, sizeInBytes: 700 }));
    await log.commit(false);
  }

  test('ends the copy, which says where it is', async () => {
    await damage();
    await expect(copy()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(
        /^orders-0 at offset 3 \(.+\) is damaged: the checksum/,
      ) as string,
    });
  });

  test('is left out and reported where that is asked for', async () => {
    await damage();
    const damages: LeftOut[] = [];
    await copy({ leftOut: one => void damages.push(one) });
    expect(damages).toMatchObject([{ topic: 'orders', partition: 0, offset: 3, nextOffset: 5 }]);
    const [copied] = await contentsOf(target);
    const offsets = [...batchesIn(Buffer.from(copied!.bytes, 'hex'))].map(one => one.baseOffset);
    expect([offsets, copied!.endOffset]).toEqual([[0, 5], 6]);
  });

  test('at the end leaves a copy that gives no offset again', async () => {
    const log = await write(source, ORDERS, 'e1 3');
    const bad = batchOf({ baseOffset: 3, leaderEpoch: 1, count: 2, sizeInBytes: 700 });
    bad.bytes[650]! ^= 1;
    log.append(bad);
    await log.commit(false);
    const [copied] = await copy({ leftOut: () => undefined });
    expect(copied).toMatchObject({ startOffset: 0, endOffset: 5, batches: 2, bytes: 761 });
    expect((await contentsOf(target))[0]).toMatchObject({ startOffset: 0, endOffset: 5 });
  });

  test('at the end leaves a whole log: nothing is wrong with it, nor with its epochs', async () => {
    const log = await source.open(ORDERS, 1, SMALL_SEGMENTS);
    const records = [1, 2, 3].map(() => ({ key: null, value: Buffer.from('value') }));
    for (const [baseOffset, error] of [
      [0, 0],
      [3, 1],
    ] as const) {
      const fields = { baseOffset, leaderEpoch: 1 };
      log.append(buildBatch(records, fields, bytes => CHECKSUM.crc32c(bytes) ^ error));
    }
    await log.commit(false);
    const { epochs } = await source.open(ORDERS, 4, SMALL_SEGMENTS);
    expect(await findingsIn(source)).toEqual([expect.stringMatching(/^3: the CRC-32C is/)]);
    await copy({ leftOut: () => undefined });
    expect(await findingsIn(target)).toEqual([]);
    const copied = await target.open(ORDERS, 4, SMALL_SEGMENTS);
    expect([copied.endOffset, copied.epochs]).toEqual([6, epochs]);
    source = target;
    target = new MemoryLogStorage();
    await copy();
    await expectSame();
  });

  test('that is all there was leaves an empty copy that goes on at its end', async () => {
    const log = await source.open(ORDERS, 1, SMALL_SEGMENTS);
    const bad = batchOf({ baseOffset: 0, leaderEpoch: 1, count: 2, sizeInBytes: 700 });
    bad.bytes[650]! ^= 1;
    log.append(bad);
    await log.commit(false);
    const [copied] = await copy({ leftOut: () => undefined });
    expect(copied).toMatchObject({ startOffset: 2, endOffset: 2, batches: 0, bytes: 0 });
  });
});

test('a log that ends above its last batch is damaged: the copy ends, or says it and is whole', async () => {
  const log = await write(source, ORDERS, 'e1 3 2');
  await log.truncateTo(3);
  log.append(batchOf({ baseOffset: 8, leaderEpoch: 1, sizeInBytes: 700 }));
  await log.commit(false);
  await log.truncateTo(8);
  await expect(copy()).rejects.toThrow('nothing is there up to the end of the log at 8');
  for (const time of ['first', 'again']) {
    const damages: LeftOut[] = [];
    const [copied] = await copy({ leftOut: one => void damages.push(one) });
    expect(damages, time).toMatchObject([{ topic: 'orders', offset: 3, nextOffset: 8 }]);
    expect(copied, time).toMatchObject({ startOffset: 0, endOffset: 8, batches: 2, bytes: 761 });
    const [{ bytes } = { bytes: '' }] = await contentsOf(target);
    const last = [...batchesIn(Buffer.from(bytes, 'hex'))].at(-1)!;
    expect([last.baseOffset, last.lastOffset, last.recordCount]).toEqual([7, 7, 0]);
  }
});
