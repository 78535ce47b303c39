import type { DirtyFacts } from './dirty-bytes.ts';

/** What is to be decided on. */
export interface LogFacts {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly sizeInBytes: number;
  /** Compaction may go as far as here. */
  readonly cleanableTo: number;
  readonly dirty: DirtyFacts;
  /** The timestamp of the oldest batch that was not compacted; -1 when that is not known. */
  readonly firstDirtyTimestamp: number;
}

/** The topic's settings that matter here, by Kafka's names. */
export interface CleaningRules {
  readonly minCleanableDirtyRatio: number;
  readonly maxCompactionLagMs: number;
  readonly nowMs: number;
}

/**
 * Where compaction has to begin. A checkpoint that does not fit the log, as after a loss of its end, makes all of it dirty
 * (LogCleanerManager.cleanableOffsets).
 */
export function firstDirtyOffset(
  { startOffset, endOffset }: Pick<LogFacts, 'startOffset' | 'endOffset'>,
  { cleanedTo }: DirtyFacts,
): number {
  return cleanedTo < startOffset || cleanedTo > endOffset ? startOffset : cleanedTo;
}

/** The part of a log's cleanable bytes that is dirty, from 0 to 1; the newest segment is not counted, as it is not compacted. */
export function dirtyRatio(log: LogFacts): number {
  const from = firstDirtyOffset(log, log.dirty);
  if (log.cleanableTo <= from) return 0;
  const { activeBytes, activeOffset } = log.dirty;
  const isReset = from !== log.dirty.cleanedTo;
  const dirtyBytes = isReset ? log.sizeInBytes : Math.min(log.dirty.dirtyBytes, log.sizeInBytes);
  const clean = log.sizeInBytes - dirtyBytes;
  // Where a lag holds compaction back, the bytes up to there are taken to be in proportion to the offsets.
  const share = Math.min(1, (log.cleanableTo - from) / Math.max(1, activeOffset - from));
  const cleanable = Math.max(0, dirtyBytes - activeBytes) * share;
  return cleanable === 0 ? 0 : cleanable / (clean + cleanable);
}

/**
 * How urgent it is to compact a log, null when it is not due: its ratio is above the least, or its oldest dirty record has waited
 * for as long as it may (LogCleanerManager.grabFilthiestCompactedLog).
 */
export function cleaningNeed(log: LogFacts, rules: CleaningRules): number | null {
  const ratio = dirtyRatio(log);
  if (ratio > rules.minCleanableDirtyRatio) return ratio;
  const { firstDirtyTimestamp: oldest } = log;
  const isOverdue = oldest > 0 && oldest < rules.nowMs - rules.maxCompactionLagMs;
  return isOverdue && ratio > 0 ? ratio : null;
}
