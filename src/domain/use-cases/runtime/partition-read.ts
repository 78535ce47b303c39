import type { ErrorName } from '../../model/error.ts';
import type { FetchPartition, FetchedPartition } from '../../model/fetch/fetch-session.ts';
import { UNDEFINED_OFFSET } from '../../model/log/leader-epochs.ts';
import type { Allocate } from '../../../ports/log-storage.ts';
import { leaderEpochError } from './leader-epoch-error.ts';
import type { Partition } from './partition.ts';
import { readErrorName } from './storage-errors.ts';

/** Where the client's log and ours part, so that it can truncate (KIP-595). */
export interface Divergence {
  readonly epoch: number;
  readonly endOffset: number;
}

export interface FetchAnswer extends FetchedPartition {
  readonly lastStableOffset: number;
  readonly divergence: Divergence | null;
  /** Whole record batches. */
  readonly records: Buffer;
}

/** How much one partition may give of an answer. */
export interface ReadLimits {
  readonly maxBytes: number;
  /** Whether nothing was read yet for this request. */
  readonly first: boolean;
  readonly allocate: Allocate;
}

const NOTHING = Buffer.alloc(0);

/** What one partition answers to a fetch: at once when its log can be read at once. */
export function readPartition(
  partition: Partition,
  wanted: FetchPartition,
  limits: ReadLimits,
): FetchAnswer | Promise<FetchAnswer> {
  const refusal = partition.unreadable ?? leaderEpochError(partition, wanted.currentLeaderEpoch);
  if (refusal) return failed(wanted, refusal);
  const divergence = divergenceOf(partition, wanted);
  if (isOutOfRange(partition, wanted, divergence)) return failed(wanted, 'OFFSET_OUT_OF_RANGE');
  if (divergence) return { ...answered(partition, wanted, NOTHING), divergence, diverging: true };
  const { maxBytes, first } = limits;
  if (maxBytes === 0 && !first) return answered(partition, wanted, NOTHING);
  // A first batch larger than asked for is given all the same, or its reader could never go on (KIP-74).
  const fitting = (records: Buffer): FetchAnswer =>
    answered(partition, wanted, first || records.length <= maxBytes ? records : NOTHING);
  try {
    const records = partition.read(wanted.fetchOffset, maxBytes, allocateWithin(limits));
    if (!(records instanceof Promise)) return fitting(records);
    return records.then(fitting, error => failed(wanted, readErrorName(error)));
  } catch (error) {
    return failed(wanted, readErrorName(error));
  }
}

/** What turns out too large is not answered, so it must not keep the caller's memory until the answer is sent. */
function allocateWithin({ maxBytes, first, allocate }: ReadLimits): Allocate {
  return first
    ? allocate
    : bytes => (bytes > maxBytes ? Buffer.allocUnsafe(bytes) : allocate(bytes));
}

/** A client whose log has parted from ours asks beyond our end in good faith; one with an epoch that is not known here cannot. */
function isOutOfRange(
  partition: Partition,
  { fetchOffset }: FetchPartition,
  divergence: Divergence | null,
): boolean {
  if (fetchOffset < partition.logStartOffset) return true;
  if (divergence !== null) return divergence.endOffset === UNDEFINED_OFFSET;
  return fetchOffset > partition.logEndOffset;
}

/** Partition.readRecords: the last epoch that the client read ends here before the offset it asks for, or is unknown. */
function divergenceOf(partition: Partition, wanted: FetchPartition): Divergence | null {
  if (wanted.lastFetchedEpoch < 0) return null;
  const end = partition.endOffsetForEpoch(wanted.lastFetchedEpoch);
  const parted = end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset;
  return parted ? end : null;
}

/** The answer of a partition that cannot be read. */
export function failed(wanted: FetchPartition, error: ErrorName): FetchAnswer {
  const { topic, topicId, partition } = wanted;
  const unknown = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };
  const nothing = { records: NOTHING, recordBytes: 0, diverging: false, divergence: null };
  return { topic, topicId, partition, error, ...unknown, ...nothing };
}

function answered(partition: Partition, wanted: FetchPartition, records: Buffer): FetchAnswer {
  return {
    topic: wanted.topic,
    topicId: wanted.topicId,
    partition: wanted.partition,
    error: null,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.logStartOffset,
    records,
    recordBytes: records.length,
    diverging: false,
    divergence: null,
  };
}
