import { describe, expect, test } from 'vitest';
import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { putInt64, RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { MeasureLogs } from '../../src/domain/use-cases/measure-logs.ts';
import { VerifyLogs, type Finding } from '../../src/domain/use-cases/verify-logs.ts';
import { CompressionError } from '../../src/ports/compression.ts';
import { StorageError, type LogStorage, type PartitionLog } from '../../src/ports/log-storage.ts';
import { batch, compressedBatch, patched } from '../support/broker-core.ts';
import { SMALL_SEGMENTS } from '../support/log-contents.ts';

const ORDERS = { topicId: 'o'.repeat(22), topic: 'orders', partition: 0 };
const VALUES = ['a', 'b', 'c'];

/** A log of epoch 3 that begins with a batch of three records, and goes on with these at offset 3. */
async function logWith(...batches: Buffer[]): Promise<LogStorage> {
  const storage = new MemoryLogStorage();
  const log = await storage.open(ORDERS, 3, SMALL_SEGMENTS);
  log.append(new RecordBatch(batch(VALUES, { baseOffset: 0, leaderEpoch: 3 })));
  for (const bytes of batches) log.append(new RecordBatch(bytes));
  await log.commit(false);
  return storage;
}

async function verify(storage: LogStorage, compression = new NodeCompression()) {
  const findings: Finding[] = [];
  const totals = await new VerifyLogs(new Crc32c(), compression).execute({
    storage,
    found: finding => void findings.push(finding),
    progressed: () => undefined,
  });
  expect(totals.findings).toBe(findings.length);
  return { findings, totals };
}

const next = (): Buffer => batch(VALUES, { baseOffset: 3, leaderEpoch: 3 });
const changed = (change: (bytes: Buffer) => void): Buffer => patched(next(), change);

describe('what is sound', () => {
  test('gives no finding, and is counted', async () => {
    const gzip = await compressedBatch('gzip', VALUES, { baseOffset: 6, leaderEpoch: 3 });
    const storage = await logWith(next(), gzip);
    const { findings, totals } = await verify(storage);
    expect(findings).toEqual([]);
    const bytes = (await storage.list())[0]!.sizeInBytes;
    expect(totals).toEqual({ logs: 1, batches: 3, records: 9, bytes, findings: 0, notInflated: 0 });
  });

  test('includes gaps, and batches that compaction has thinned out or emptied', async () => {
    const later = batch(VALUES, { baseOffset: 30, leaderEpoch: 3 });
    const thinned = patched(batch(['a'], { baseOffset: 40, leaderEpoch: 3 }), bytes => {
      bytes.writeInt32BE(6, 23);
    });
    const empty = patched(
      batch(['a'], { baseOffset: 50, leaderEpoch: 3 }).subarray(0, 61),
      bytes => {
        bytes.writeInt32BE(49, 8);
        bytes.writeInt32BE(0, 57);
      },
    );
    expect(await verify(await logWith(later, thinned, empty))).toMatchObject({
      findings: [],
      totals: { batches: 4, records: 7 },
    });
  });

  test('in a codec that is not here is counted as not inflated', async () => {
    const compression = new NodeCompression();
    compression.decompress = () => Promise.reject(new CompressionError('unavailable', 'no lz4'));
    const gzip = await compressedBatch('gzip', VALUES, { baseOffset: 3, leaderEpoch: 3 });
    const { findings, totals } = await verify(await logWith(gzip), compression);
    expect([findings, totals.notInflated]).toEqual([[], 1]);
  });
});

describe('what is damaged is found: topic, partition, offset and place', () => {
  const DAMAGES: readonly (readonly [string, () => Buffer | Promise<Buffer>, RegExp])[] = [
    ['a flipped bit', () => flipped(next(), 66), /^the CRC-32C is \d+, and the header says \d+$/],
    ['a magic', () => changed(b => b.writeInt8(1, 16)), /^the message format is 1, not 2$/],
    [
      'too many records',
      () => changed(b => b.writeInt32BE(4, 57)),
      /^it declares 4 records over 3/,
    ],
    ['too few records', () => changed(b => b.writeInt32BE(2, 57)), /^bytes are left after the 2/],
    ['a negative count', () => changed(b => b.writeInt32BE(-1, 57)), /^it declares -1 records/],
    ['a codec that is none', () => changed(b => b.writeInt16BE(5, 21)), /^there is no codec 5$/],
    ['records that are no gzip', () => changed(b => b.writeInt16BE(1, 21)), /^its records cannot/],
    [
      'a fallen epoch',
      () => changed(b => b.writeInt32BE(2, 12)),
      /^its leader epoch is 2, after 3$/,
    ],
    ['an epoch to come', () => changed(b => b.writeInt32BE(4, 12)), /^its leader epoch is 4, and/],
    [
      'offsets that stand still',
      () => changed(b => void (b[72] = 0)),
      /^record 1 has offset delta/,
    ],
  ];

  test.each(DAMAGES)('%s', async (_, make, problem) => {
    const last = batch(VALUES, { baseOffset: 6, leaderEpoch: 4 });
    last.writeInt32BE(3, 12);
    const { findings, totals } = await verify(await logWith(await make(), last));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ ...ORDERS, offset: 3 });
    expect(findings[0]!.place).toMatch(/memory/);
    expect(findings[0]!.problem).toMatch(problem);
    expect(totals.batches, 'what follows was looked at').toBe(3);
  });

  test('batches out of order, an index that does not fit, a log that ends early', async () => {
    const storage = await logWith(next());
    const { findings } = await verify(lying(storage, log => ({ endOffset: log.endOffset + 5 })));
    expect(findings.map(({ problem, offset }) => [offset, problem])).toEqual([
      [null, 'the log ends at offset 11, and its last batch at 6'],
    ]);
    const audited = lying(storage, () => ({ audit: async () => ['the index is one short'] }));
    expect((await verify(audited)).findings).toMatchObject([
      { offset: null, problem: 'the index is one short' },
    ]);
    const again = next();
    putInt64(again, 1, 0);
    const unordered = lying(storage, () => ({
      read: (offset: number) => (offset === 0 ? Buffer.concat([next(), again]) : Buffer.alloc(0)),
    }));
    expect((await verify(unordered)).findings).toMatchObject([
      { offset: 1, problem: 'it begins at offset 1, and the batch before ends at 6' },
    ]);
  });

  test('a log that cannot be opened hides no other', async () => {
    const storage = await logWith(next());
    const bad = { ...ORDERS, partition: 1 };
    await storage.open(bad, 1, SMALL_SEGMENTS);
    const refusing = lying(storage, log => (log.endOffset > 0 ? {} : { audit: () => refuse() }));
    const { findings, totals } = await verify(refusing);
    expect(findings).toMatchObject([{ partition: 1, problem: 'it cannot be read: no disk' }]);
    expect([totals.logs, totals.batches]).toEqual([2, 2]);
  });
});

test('stats measure each log, in the order of their names', async () => {
  const storage = await logWith(next());
  await storage.open({ ...ORDERS, topic: 'a' }, 1, SMALL_SEGMENTS).catch(() => undefined);
  await storage.open({ ...ORDERS, partition: 1 }, 9, SMALL_SEGMENTS);
  const measured = await new MeasureLogs().execute(storage);
  expect(measured.map(({ partition }) => partition)).toEqual([0, 1]);
  expect(measured[0]).toMatchObject({ startOffset: 0, endOffset: 6, batches: 2, records: 6 });
  expect(measured[1]).toMatchObject({ sizeInBytes: 0, batches: 0, segments: 0, epoch: 9 });
  expect(measured[0]!.sizeInBytes).toBe((await storage.list())[0]!.sizeInBytes);
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}

async function refuse(): Promise<never> {
  throw new StorageError('failed', 'no disk');
}

/** A store whose logs say something else than they hold. */
function lying(storage: LogStorage, lie: (log: PartitionLog) => Partial<PartitionLog>): LogStorage {
  const open: LogStorage['open'] = async (...args) => {
    const log = await storage.open(...args);
    return over(log, lie(log));
  };
  return over(storage, { open });
}

/** The same object with some members of another. */
function over<T extends object>(inner: T, other: Partial<T>): T {
  return new Proxy(inner, {
    get: (_, key): unknown => {
      if (key in other) return other[key as keyof T];
      const value: unknown = Reflect.get(inner, key, inner);
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
}
