import { firstDirtyOffset, type LogFacts } from '../../model/log/compaction/cleaning-need.ts';
import { batchesIn, NO_TIMESTAMP } from '../../model/log/record-batch.ts';
import { firstBatchSince } from './first-batch-since.ts';
import type { Pace } from './pace.ts';
import type { Partition } from './partition.ts';

/**
 * What is to be known of a log to say whether it is worth compacting, and how far that may go: not into the newest segment, not beyond
 * what is committed and decided, and not to a record younger than `min.compaction.lag.ms` (LogCleanerManager.cleanableOffsets).
 */
export async function cleanableLog(
  partition: Partition,
  nowMs: number,
  pace: Pace,
): Promise<LogFacts> {
  const { logStartOffset: startOffset, logEndOffset: endOffset, sizeInBytes } = partition;
  const { dirty } = partition.upkeep;
  const from = firstDirtyOffset({ startOffset, endOffset }, dirty);
  const cleanableTo = await cleanableEnd(partition, { from, nowMs, pace });
  const isBounded = partition.topic.settings['max.compaction.lag.ms'] < Number.MAX_SAFE_INTEGER;
  const firstDirtyTimestamp =
    isBounded && from < cleanableTo ? await timestampAt(partition, from) : NO_TIMESTAMP;
  return { startOffset, endOffset, sizeInBytes, cleanableTo, dirty, firstDirtyTimestamp };
}

async function cleanableEnd(
  partition: Partition,
  { from, nowMs, pace }: { readonly from: number; readonly nowMs: number; readonly pace: Pace },
): Promise<number> {
  const { upkeep, highWatermark, lastStableOffset } = partition;
  const to = Math.min(upkeep.activeOffset, highWatermark, lastStableOffset);
  const lagMs = partition.topic.settings['min.compaction.lag.ms'];
  if (lagMs === 0 || to <= from) return to;
  const sinceMs = nowMs - lagMs + 1;
  // The first young record of all may lie among those that are compacted already, which says nothing of the others.
  const near = Math.max(from, await partition.offsetFor(sinceMs));
  return near >= to ? to : firstBatchSince(partition, { from: near, to, sinceMs }, pace);
}

async function timestampAt(partition: Partition, offset: number): Promise<number> {
  const bytes = await partition.read(offset, 1, size => Buffer.allocUnsafe(size));
  for (const batch of batchesIn(bytes)) return batch.maxTimestamp;
  return NO_TIMESTAMP;
}
