import { describe, expect, test } from 'vitest';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { walkLog, type ReadableLog } from '../../src/domain/use-cases/runtime/log-walk.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batchOf } from '../support/batches.ts';
import { seedOfRun, SeededRandom } from '../support/seeded-random.ts';

/** A log of one-record batches at these offsets, some of which cannot be read. */
function logOf(offsets: readonly number[], damaged: (offset: number) => boolean): ReadableLog {
  return {
    read: async (offset, maxBytes, allocate) => {
      if (damaged(offset)) throw new StorageError('corrupt', `damaged at ${offset}`);
      const at = offsets.findIndex(one => one >= offset);
      const end = Math.max(1, Math.floor(maxBytes / 100));
      const found = at < 0 ? [] : offsets.slice(at, at + end);
      const readable = found.slice(
        0,
        found.findIndex(damaged) < 0 ? end : found.findIndex(damaged),
      );
      const pieces = readable.map(baseOffset => batchOf({ baseOffset }).bytes);
      const bytes = allocate(pieces.length * 100);
      pieces.forEach((piece, index) => piece.copy(bytes, index * 100));
      return bytes.subarray(0, pieces.length * 100);
    },
  };
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);

/** `3` for a batch at offset 3, `4-9 damaged` for offsets that cannot be read. */
async function walked(log: ReadableLog, from: number, to: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const stretch of walkLog(log, { from, to })) {
    if ('damage' in stretch) {
      const { offset, nextOffset } = stretch.damage;
      seen.push(`${offset}-${nextOffset - 1} damaged`);
    } else seen.push(...[...batchesIn(stretch.batches)].map(batch => String(batch.baseOffset)));
  }
  return seen;
}

describe('a walk', () => {
  const sound = (): boolean => false;

  test('sees every batch from its start to before its end, over gaps, and no other', async () => {
    expect(await walked(logOf(upTo(6), sound), 2, 5)).toEqual(['2', '3', '4']);
    expect(await walked(logOf([0, 5, 6, 90], sound), 0, 91)).toEqual(['0', '5', '6', '90']);
    expect(await walked(logOf([0, 5, 90], sound), 0, 50)).toEqual(['0', '5']);
    expect(await walked(logOf(upTo(30_000), sound), 0, 30_000)).toHaveLength(30_000);
    expect(await walked(logOf([], sound), 0, 0)).toEqual([]);
  });

  test('passes over what cannot be read, says which offsets, and goes on', async () => {
    const within = (low: number, high: number) => (offset: number) =>
      offset >= low && offset < high;
    const log = logOf(upTo(100), within(10, 47));
    expect(await walked(log, 8, 50)).toEqual(['8', '9', '10-46 damaged', '47', '48', '49']);
    expect(await walked(logOf(upTo(9), within(7, 9)), 6, 9)).toEqual(['6', '7-8 damaged']);
    expect(await walked(logOf(upTo(3), within(0, 1)), 0, 3)).toEqual(['0-0 damaged', '1', '2']);
  });

  test('finds the end of damage wherever it is', async () => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    for (let run = 0; run < 200; run++) {
      const low = random.integer(50);
      const high = low + 1 + random.integer(300);
      const log = logOf(upTo(400), offset => offset >= low && offset < high);
      const seen = await walked(log, 0, 400);
      expect(seen[low], `seed ${seed}, run ${run}`).toBe(`${low}-${high - 1} damaged`);
      expect(seen.length, `seed ${seed}, run ${run}`).toBe(401 - (high - low));
    }
  });

  test('ends where the store gives no whole batch, and says so', async () => {
    const log: ReadableLog = { read: () => Buffer.alloc(100) };
    expect(await walked(log, 3, 9)).toEqual(['3-8 damaged']);
  });

  test('passes on what is no damage of the bytes', async () => {
    const log: ReadableLog = { read: () => Promise.reject(new StorageError('closed', 'gone')) };
    await expect(walked(log, 0, 1)).rejects.toMatchObject({ code: 'closed' });
  });
});
