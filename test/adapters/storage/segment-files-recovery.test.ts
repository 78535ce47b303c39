import { beforeEach, describe, expect, test } from 'vitest';
import { Crc32c } from '../../../src/adapters/runtime/crc32c.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import { batchOf } from '../../support/batches.ts';
import {
  SETTINGS,
  appended,
  baseOffsetsIn,
  keyOf,
  readAll,
} from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const ONE_SEGMENT = { ...SETTINGS, segmentBytes: 1_000_000 };
const DIRECTORY = '/data/orders-0.AbC-_0123456789abcdefg';
const FIRST_LOG = `${DIRECTORY}/00000000000000000000.log`;

let harness: SegmentFilesHarness;
let storage: LogStorage;
let log: PartitionLog;
let epoch: number;

beforeEach(async () => {
  harness = new SegmentFilesHarness();
  epoch = 1;
  storage = await harness.open();
  log = await storage.open(keyOf(0), epoch, ONE_SEGMENT);
});

async function committed(count: number, sizeInBytes = 100): Promise<void> {
  for (let at = 0; at < count; at++) {
    appended(log, { sizeInBytes, maxTimestamp: 1000 + log.endOffset });
  }
  await log.commit(true);
}

/** As after SIGKILL: nothing was closed, and what the operating system has stays. */
async function reopenedAfterKill(settings = ONE_SEGMENT): Promise<PartitionLog> {
  storage = await harness.open();
  return storage.open(keyOf(0), ++epoch, settings);
}

/** Changes the first segment's bytes, and gives them. */
function damaged(change: (bytes: Buffer) => unknown): Buffer {
  const bytes = Buffer.from(harness.fileSystem.contentOf(FIRST_LOG));
  change(bytes);
  harness.fileSystem.setContent(FIRST_LOG, bytes);
  return bytes;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

/** Counts the bytes that recovery checks. */
class CountingChecksum extends Crc32c {
  bytes = 0;

  override crc32c(bytes: Buffer): number {
    this.bytes += bytes.length;
    return super.crc32c(bytes);
  }
}

describe('recovery', () => {
  test.each([1, 12, 60, 61, 99])('a tail torn after %d bytes is cut off', async kept => {
    await committed(3);
    const torn = batchOf({ baseOffset: 3, sizeInBytes: 100 }).bytes.subarray(0, kept);
    harness.fileSystem.setContent(
      FIRST_LOG,
      Buffer.concat([harness.fileSystem.contentOf(FIRST_LOG), torn]),
    );
    log = await reopenedAfterKill();
    expect(log.endOffset).toBe(3);
    expect(harness.fileSystem.sizeOf(FIRST_LOG)).toBe(300);
    expect(harness.logger.lines).toMatchObject([
      {
        level: 'warn',
        facts: { topic: 'orders', partition: 0, offset: 3, file: FIRST_LOG, bytes: kept },
      },
    ]);
  });

  test('a batch whose CRC is wrong is set aside and reported when good ones follow', async () => {
    await committed(5);
    const bytes = damaged(content => (content[280]! ^= 1));
    log = await reopenedAfterKill();
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 1, 3, 4]);
    const place = { topic: 'orders', partition: 0, file: FIRST_LOG, position: 200, bytes: 100 };
    const keptAs = '00000000000000000000.200.damaged';
    expect(harness.logger.lines).toMatchObject([
      { level: 'error', facts: { ...place, offset: 2, lastOffset: 2, keptAs } },
    ]);
    const aside = harness.fileSystem.contentOf(`${DIRECTORY}/${keptAs}`);
    expect(aside.equals(bytes.subarray(200, 300))).toBe(true);
    expect(harness.fileSystem.sizeOf(FIRST_LOG)).toBe(400);
    await committed(1);
    log = await reopenedAfterKill();
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 1, 3, 4, 5]);
    expect(harness.logger.lines).toHaveLength(1);
  });

  test('after a loss of power the log ends where a part is missing, and the rest is set aside', async () => {
    await committed(5);
    const bytes = damaged(content => (content[280]! ^= 1));
    harness.fileSystem.boots += 1;
    log = await reopenedAfterKill();
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 1]);
    const keptAs = '00000000000000000000.200.damaged';
    expect(harness.logger.lines).toMatchObject([
      { level: 'error', facts: { offset: 2, file: FIRST_LOG, bytes: 300, keptAs } },
    ]);
    const aside = harness.fileSystem.contentOf(`${DIRECTORY}/${keptAs}`);
    expect(aside.equals(bytes.subarray(200))).toBe(true);
  });

  test('what was on disk for certain is kept after a loss of power too', async () => {
    await committed(5);
    await storage.close();
    storage = await harness.open();
    log = await storage.open(keyOf(0), ++epoch, ONE_SEGMENT);
    await committed(2);
    // Without an index the walk over headers finds that one is none, and the whole segment is checked.
    damaged(content => content.writeInt8(9, 216));
    harness.fileSystem.remove(FIRST_LOG.replace('.log', '.index'));
    harness.fileSystem.boots += 1;
    log = await reopenedAfterKill();
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 1, 3, 4, 5, 6]);
  });

  test.each([
    ['the magic', (bytes: Buffer) => bytes.writeInt8(1, 216)],
    ['a length of zero', (bytes: Buffer) => bytes.writeInt32BE(0, 208)],
    ['a length beyond the file', (bytes: Buffer) => bytes.writeInt32BE(0x7fffffff, 208)],
    ['a negative length', (bytes: Buffer) => bytes.writeInt32BE(-5, 208)],
    ['a base offset that does not follow', (bytes: Buffer) => bytes.writeInt32BE(9, 204)],
  ])('%s is damage', async (_, damage) => {
    await committed(5);
    damaged(damage);
    log = await reopenedAfterKill();
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 1, 3, 4]);
  });

  test.each([
    ['the process was killed', 0, [...range(0, 17), ...range(30, 60)], 60],
    ['power was lost', 1, range(0, 17), 17],
  ])('a segment that ends early: %s', async (_, reboots, expected, end) => {
    log = await reopenedAfterKill(SETTINGS);
    harness.fileSystem.failNth('write', 1, 'EIO', /\.index.cleaned$/);
    await committed(60);
    const second = `${DIRECTORY}/00000000000000000015.log`;
    const cut = harness.fileSystem.contentOf(second).subarray(0, 250);
    harness.fileSystem.setContent(second, cut);
    harness.fileSystem.boots += reboots;
    log = await reopenedAfterKill(SETTINGS);
    expect(log.endOffset).toBe(end);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual(expected);
    await committed(30);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toHaveLength(expected.length + 30);
  });

  test.each([
    ['the process was killed', 0, 45],
    ['power was lost', 1, 15],
  ])('a segment that is missing: %s', async (_, reboots, left) => {
    log = await reopenedAfterKill(SETTINGS);
    harness.fileSystem.failNth('write', 1, 'EIO', /\.index.cleaned$/);
    await committed(60);
    harness.fileSystem.remove(`${DIRECTORY}/00000000000000000015.log`);
    harness.fileSystem.boots += reboots;
    log = await reopenedAfterKill(SETTINGS);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toHaveLength(left);
    expect(harness.logger.lines.at(-1)).toMatchObject({ facts: { offset: 15, partition: 0 } });
  });

  test('a batch larger than what is read at a time is recovered', async () => {
    await committed(2, 6 * 1024 * 1024);
    log = await reopenedAfterKill();
    expect(log.endOffset).toBe(2);
  });

  test('after a clean close nothing is checked', async () => {
    await committed(50);
    await storage.close();
    const checksum = new CountingChecksum();
    storage = await harness.open({ checksum });
    log = await storage.open(keyOf(0), 2, ONE_SEGMENT);
    expect(log.endOffset).toBe(50);
    expect(checksum.bytes).toBe(0);
    await committed(1);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toHaveLength(51);
    // Whoever reads sums what was there before, once for every engine.
    expect(checksum.bytes).toBe(0);
  });

  test('after a kill only what follows the recovery point is checked', async () => {
    await committed(50);
    await storage.close();
    storage = await harness.open();
    log = await storage.open(keyOf(0), 2, ONE_SEGMENT);
    await committed(10);
    const checksum = new CountingChecksum();
    storage = await harness.open({ checksum });
    log = await storage.open(keyOf(0), 3, ONE_SEGMENT);
    expect(log.endOffset).toBe(60);
    expect(checksum.bytes).toBe(10 * (100 - 21));
  });

  test('epochs of batches that were lost go with them, and the fence stays', async () => {
    await committed(2);
    log = await storage.open(keyOf(0), ++epoch, ONE_SEGMENT);
    appended(log);
    await log.commit(false);
    harness.fileSystem.crash('lose-all');
    log = await reopenedAfterKill();
    expect(log.epochs).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 2 },
    ]);
  });

  test('offsets that were on disk for certain are not given again when they are lost', async () => {
    await committed(2);
    log = await storage.open(keyOf(0), ++epoch, ONE_SEGMENT);
    await committed(1);
    harness.fileSystem.setContent(
      FIRST_LOG,
      harness.fileSystem.contentOf(FIRST_LOG).subarray(0, 150),
    );
    storage = await harness.open();
    log = await storage.open(keyOf(0), epoch, ONE_SEGMENT);
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0]);
    expect(log.epochs).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 2 },
    ]);
    await committed(1);
    log = await reopenedAfterKill();
    expect(baseOffsetsIn(await readAll(log, 0, 1000))).toEqual([0, 2]);
  });

  test('a directory that was being removed is gone after the next open', async () => {
    await committed(1);
    harness.fileSystem.rename(DIRECTORY, `${DIRECTORY}.deleted`);
    storage = await harness.open();
    expect(harness.fileSystem.list('/data')).toEqual(['lock']);
    expect(await storage.list()).toEqual([]);
  });
});

describe('indexes', () => {
  const damages: [string, (path: string) => void][] = [
    ['missing', path => harness.fileSystem.remove(path)],
    [
      'cut',
      path =>
        harness.fileSystem.setContent(path, harness.fileSystem.contentOf(path).subarray(0, 9)),
    ],
    ['garbage', path => scramble(path)],
    [
      'all zero',
      path => harness.fileSystem.setContent(path, Buffer.alloc(harness.fileSystem.sizeOf(path)!)),
    ],
  ];

  function scramble(path: string): void {
    const random = new SeededRandom(3);
    const bytes = Buffer.from(harness.fileSystem.contentOf(path));
    for (let at = 0; at < bytes.length; at++) bytes[at] = random.integer(256);
    harness.fileSystem.setContent(path, bytes);
  }

  test.each(damages)('%s index files are built anew', async (_, damage) => {
    log = await reopenedAfterKill(SETTINGS);
    await committed(60);
    await storage.close();
    const indexes = harness.fileSystem.list(DIRECTORY).filter(name => name.endsWith('index'));
    expect(indexes).toHaveLength(8);
    for (const name of indexes) damage(`${DIRECTORY}/${name}`);
    log = await reopenedAfterKill(SETTINGS);
    for (let offset = 0; offset < 60; offset++) {
      expect(baseOffsetsIn(await readAll(log, offset, 300))[0]).toBe(offset);
      expect(await log.offsetFor(1000 + offset)).toBe(offset);
    }
    expect(await log.offsetFor(1060)).toBe(60);
  });

  test('a segment with a good index is not walked from its beginning', async () => {
    await committed(1000, 1000);
    await storage.close();
    log = await reopenedAfterKill();
    const before = harness.fileSystem.calls.read;
    await log.read(700, 1000, bytes => Buffer.alloc(bytes));
    expect(harness.fileSystem.calls.read - before).toBeLessThan(5);
  });
});
