import { batchesIn } from '../../model/log/record-batch.ts';
import { walkLog } from './log-walk.ts';
import type { Pace } from './pace.ts';
import type { Partition } from './partition.ts';

/** How far back it looks for a batch at first: most are smaller. */
const STEP_BYTES = 64 * 1024;

/**
 * The base offset of the last committed batch from which on the log has at least `bytes`, or one a little below it, where the store
 * finds that more easily; the log's start when it has no more. Rejects with a StorageError, and with a StoppedError of the pace.
 */
export async function lastBatchKeeping(
  partition: Partition,
  bytes: number,
  pace: Pace,
): Promise<number> {
  const { logStartOffset: start, highWatermark, upkeep, sizeInBytes } = partition;
  if (bytes === 0) return highWatermark;
  // The first batch from which on there is less: the one before it is looked for.
  const to = await upkeep.offsetKeeping(bytes - 1);
  let from: number;
  let step = STEP_BYTES;
  do {
    from = await upkeep.offsetKeeping(bytes - 1 + step);
    step *= 2;
  } while (from === to && step < 2 * sizeInBytes);
  if (from === to) return start;
  return Math.max(start, await lastIn(partition, { from, to }, pace));
}

/** Where the last batch before `to` begins; a damaged one counts as well. */
async function lastIn(
  partition: Partition,
  range: { readonly from: number; readonly to: number },
  pace: Pace,
): Promise<number> {
  let last = range.from;
  for await (const stretch of walkLog(partition, { ...range, chunkBytes: STEP_BYTES })) {
    if ('damage' in stretch) last = stretch.damage.offset;
    else for (const { baseOffset } of batchesIn(stretch.batches)) last = baseOffset;
    await pace.breathe();
  }
  return last;
}
