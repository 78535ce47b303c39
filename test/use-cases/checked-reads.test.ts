import { beforeEach, describe, expect, test } from 'vitest';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { batchesIn, type RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { CheckedReads } from '../../src/domain/use-cases/runtime/checked-reads.ts';
import { METADATA_LOG_SETTINGS } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import { StorageError, type PartitionLog } from '../../src/ports/log-storage.ts';
import { batchOf } from '../support/batches.ts';
import { FailingLogStorage } from '../support/failing-log-storage.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const KEY = { topicId: 'an-id', topic: 'orders', partition: 3 };
const CRC32C = new Crc32c();
const PER_BATCH = 3;

let disk: FailingLogStorage;
let log: PartitionLog;
let logger: RecordingLogger;
let sums: number;

beforeEach(async () => {
  disk = new FailingLogStorage(new MemoryLogStorage());
  log = await disk.open(KEY, 1, METADATA_LOG_SETTINGS);
  logger = new RecordingLogger();
  sums = 0;
});

/** Batches of three records at 0, 3, 6 ... */
async function append(batches: number): Promise<void> {
  for (let count = 0; count < batches; count++) {
    log.append(batchOf({ baseOffset: log.endOffset, count: PER_BATCH, leaderEpoch: 1 }));
  }
  await log.commit(true);
}

/** What another life of the broker would make of the log. */
function reopened(over: PartitionLog = log): CheckedReads {
  const checksum = {
    crc32c: (bytes: Buffer) => {
      sums += 1;
      return CRC32C.crc32c(bytes);
    },
  };
  return new CheckedReads({ topic: 'orders', partition: 3, log: over, checksum, logger });
}

/** From now on the batch at this offset is read with a part of it changed. */
function damage(baseOffset: number, change: (batch: RecordBatch) => void): void {
  disk.onRead = bytes => {
    for (const batch of [...batchesIn(bytes)]) if (batch.baseOffset === baseOffset) change(batch);
  };
}

async function basesFrom(reads: CheckedReads, offset: number, maxBytes = 1e6): Promise<number[]> {
  const bytes = await reads.read(offset, maxBytes, size => Buffer.allocUnsafe(size));
  return [...batchesIn(bytes)].map(batch => batch.baseOffset);
}

const flip = (position: number) => (batch: RecordBatch) => void (batch.bytes[position]! ^= 0x41);
const corrupt = expect.objectContaining({ code: 'corrupt' }) as unknown;

describe('checked reads', () => {
  test('sum each batch once that was there before, and none that came since', async () => {
    await append(4);
    const reads = reopened();
    expect(await basesFrom(reads, 3)).toEqual([3, 6, 9]);
    expect(sums).toBe(3);
    expect(await basesFrom(reads, 4)).toEqual([3, 6, 9]);
    await append(2);
    expect(await basesFrom(reads, 6)).toEqual([6, 9, 12, 15]);
    expect(sums).toBe(3);
    expect(await basesFrom(reads, 0)).toEqual([0, 3, 6, 9, 12, 15]);
    expect(sums).toBe(4);
    expect(await basesFrom(reads, 0)).toEqual([0, 3, 6, 9, 12, 15]);
    expect(sums).toBe(4);
  });

  test('sum only what is new of a range that was read in part', async () => {
    await append(4);
    const reads = reopened();
    expect(await basesFrom(reads, 3, 1)).toEqual([3]);
    expect(await basesFrom(reads, 3, 250)).toEqual([3, 6]);
    expect(sums).toBe(2);
    expect(await basesFrom(reads, 4, 350)).toEqual([3, 6, 9]);
    expect(sums).toBe(3);
  });

  test('give what lies before damage, refuse the batch that is damaged, and go on after it', async () => {
    await append(5);
    damage(6, flip(80));
    const reads = reopened();
    expect(await basesFrom(reads, 0)).toEqual([0, 3]);
    for (const offset of [6, 7, 8]) {
      await expect(basesFrom(reads, offset)).rejects.toMatchObject({
        code: 'corrupt',
        offset: 6,
        nextOffset: 9,
      });
    }
    expect(await basesFrom(reads, 9)).toEqual([9, 12]);
    await expect(basesFrom(reads, 6)).rejects.toEqual(corrupt);
  });

  test('report damage once, with all that is needed to find it', async () => {
    await append(3);
    damage(3, flip(80));
    const reads = reopened();
    await basesFrom(reads, 0);
    for (const offset of [3, 4, 3]) await basesFrom(reads, offset).catch(() => undefined);
    const facts = { topic: 'orders', partition: 3, offset: 3, place: log.placeOf(3) };
    expect(logger.lines).toMatchObject([{ level: 'error', facts }]);
    expect(logger.lines[0]!.facts['error']).toContain('CRC-32C');
  });

  test('report what the store itself finds, and pass it on', async () => {
    await append(2);
    const failure = new StorageError('corrupt', 'a.log is damaged at byte 0');
    const read = (): Promise<Buffer> => Promise.reject(failure);
    const offsetFor = (): Promise<number> => Promise.reject(failure);
    const reads = reopened(
      new Proxy(log, {
        get: (_, name) => ({ read, offsetFor, placeOf: () => 'here' })[String(name)] ?? 6,
      }),
    );
    await expect(basesFrom(reads, 3)).rejects.toBe(failure);
    await expect(reads.offsetFor(9)).rejects.toBe(failure);
    expect(logger.lines.map(({ facts }) => facts)).toEqual([
      { topic: 'orders', partition: 3, offset: 3, place: 'here', error: failure.message },
    ]);
  });

  test('say nothing of a store that was closed', async () => {
    await append(1);
    const reads = reopened();
    await disk.close();
    await expect(basesFrom(reads, 0)).rejects.toMatchObject({ code: 'closed' });
    expect(logger.lines).toEqual([]);
  });

  test('hand out no byte of a batch in which any byte that they can know of is wrong', async () => {
    await append(3);
    const sound = await log.read(0, 1e6, size => Buffer.allocUnsafe(size));
    const size = sound.length / 3;
    const positions = [8, 9, 10, 11, ...Array.from({ length: size - 16 }, (_, at) => at + 16)];
    for (const position of positions) {
      damage(3, flip(position));
      const reads = reopened();
      const front = await reads.read(0, 1e6, bytes => Buffer.allocUnsafe(bytes));
      expect(front.equals(sound.subarray(0, size)), `byte ${position}`).toBe(true);
      await expect(basesFrom(reads, 4), `byte ${position}`).rejects.toEqual(corrupt);
      expect(await basesFrom(reads, 6), `byte ${position}`).toEqual([6]);
    }
  });

  test('refuse a batch that says it is elsewhere', async () => {
    await append(3);
    for (const offset of [0, 2, 100]) {
      damage(3, batch => batch.assign(offset, 1));
      const reads = reopened();
      expect(await basesFrom(reads, 0), `says ${offset}`).toEqual([0]);
      await expect(basesFrom(reads, 3), `says ${offset}`).rejects.toEqual(corrupt);
      expect(await basesFrom(reads, 6)).toEqual([6]);
    }
  });

  test('find the batch that holds the offset behind one that only claims it', async () => {
    await append(4);
    const all = await log.read(0, 1e6, size => Buffer.allocUnsafe(size));
    const claiming = Buffer.from(all);
    claiming.writeInt32BE(1000, 23);
    // The store believes the first header, whatever is asked for.
    const read: PartitionLog['read'] = (_, __, allocate) => {
      const into = allocate(claiming.length);
      claiming.copy(into);
      return into;
    };
    const place = { read, endOffset: 12, epochs: log.epochs, placeOf: () => 'here' };
    const reads = reopened({ ...log, ...place });
    let memory = Buffer.alloc(0);
    const bytes = await reads.read(7, 1e6, size => (memory = Buffer.alloc(size)));
    expect([...batchesIn(bytes)].map(batch => batch.baseOffset)).toEqual([6, 9]);
    expect([bytes.buffer, bytes.byteOffset]).toEqual([memory.buffer, memory.byteOffset]);
    expect(() => reads.read(1, 1e6, size => Buffer.alloc(size))).toThrow('damaged at offset 0');
  });

  test('stay right when readers jump about in more places than are remembered', async () => {
    await append(400);
    damage(600, flip(70));
    const reads = reopened();
    const step = PER_BATCH * 2;
    for (let round = 0; round < 2; round++) {
      for (let offset = 0; offset < 1200; offset += step) {
        const bases = basesFrom(reads, offset, 1);
        if (offset === 600) await expect(bases).rejects.toEqual(corrupt);
        else expect(await bases).toEqual([offset]);
      }
    }
    expect(await basesFrom(reads, 603)).toHaveLength(199);
  });
});
