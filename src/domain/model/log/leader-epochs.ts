/** The first offset that the leader of `epoch` may have written. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** No epoch, and no offset, is known for what was asked (Kafka's UNDEFINED_EPOCH and UNDEFINED_EPOCH_OFFSET). */
export const UNDEFINED_EPOCH = -1;
export const UNDEFINED_OFFSET = -1;

/**
 * The epochs of a log that now ends at `endOffset`, where the writer of `epoch` goes on. Those that begin there or later are
 * dropped: they never wrote a batch, or a truncation took it. So the list grows with epochs that hold records, not with restarts
 * (Kafka's LeaderEpochFileCache.assign and truncateFromEnd).
 */
export function continued(
  epochs: readonly EpochStart[],
  epoch: number,
  endOffset: number,
): EpochStart[] {
  const kept = epochs.filter(e => e.startOffset < endOffset && e.epoch <= epoch);
  return kept.at(-1)?.epoch === epoch ? kept : [...kept, { epoch, startOffset: endOffset }];
}

/** Drops what lies before a new log start offset; the epoch that covers it stays, and now begins there. */
export function withoutPrefix(epochs: readonly EpochStart[], startOffset: number): EpochStart[] {
  const covering = epochs.findLastIndex(e => e.startOffset <= startOffset);
  if (covering < 0) return [...epochs];
  const first = { epoch: epochs[covering]!.epoch, startOffset };
  return [first, ...epochs.slice(covering + 1)];
}

/**
 * The largest epoch not above `requested`, and the offset where it ends (KIP-101, KIP-279; LeaderEpochFileCache.endOffsetFor).
 * An epoch that the log has never had, or one newer than the log's, is answered as undefined.
 */
export function endOffsetFor(
  epochs: readonly EpochStart[],
  requested: number,
  logEndOffset: number,
): { epoch: number; endOffset: number } {
  const undefinedEnd = { epoch: UNDEFINED_EPOCH, endOffset: UNDEFINED_OFFSET };
  const latest = epochs.at(-1);
  if (requested === UNDEFINED_EPOCH || latest === undefined) return undefinedEnd;
  if (requested === latest.epoch) return { epoch: requested, endOffset: logEndOffset };
  const higher = epochs.find(e => e.epoch > requested);
  if (higher === undefined) return undefinedEnd;
  const floor = epochs.findLast(e => e.epoch <= requested);
  return { epoch: floor?.epoch ?? requested, endOffset: higher.startOffset };
}
