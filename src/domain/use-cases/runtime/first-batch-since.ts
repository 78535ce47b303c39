import { batchesIn } from '../../model/log/record-batch.ts';
import { walkLog } from './log-walk.ts';
import type { Pace } from './pace.ts';
import type { Partition } from './partition.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * The base offset of the first batch in `[from, to)` that has a record of `sinceMs` or later, or `to`. How old damaged batches are is
 * not known: they are as young as the sound one that follows. Rejects with a StorageError, and with a StoppedError of the pace.
 */
export async function firstBatchSince(
  partition: Partition,
  { from, to, sinceMs }: { readonly from: number; readonly to: number; readonly sinceMs: number },
  pace: Pace | null = null,
): Promise<number> {
  let damagedFrom: number | null = null;
  for await (const stretch of walkLog(partition, { from, to, chunkBytes: CHUNK_BYTES })) {
    const found = 'damage' in stretch ? null : youngIn(stretch.batches, sinceMs);
    // Only a first batch can be young and lie right after what is damaged.
    if (found !== null) return found.isFirst ? (damagedFrom ?? found.offset) : found.offset;
    damagedFrom = 'damage' in stretch ? (damagedFrom ?? stretch.damage.offset) : null;
    await pace?.breathe();
  }
  return damagedFrom ?? to;
}

/** The first batch with a record of `sinceMs` or later. */
function youngIn(bytes: Buffer, sinceMs: number): { offset: number; isFirst: boolean } | null {
  let isFirst = true;
  for (const batch of batchesIn(bytes)) {
    if (batch.maxTimestamp >= sinceMs) return { offset: batch.baseOffset, isFirst };
    isFirst = false;
  }
  return null;
}
