import type { ErrorName } from '../error.ts';
import { partitionRefKey, type PartitionRef } from '../log/partition-ref.ts';

/** What a client wants of one partition; `currentLeaderEpoch` and `lastFetchedEpoch` are -1 when it does not say. */
export interface FetchPartition extends PartitionRef {
  readonly fetchOffset: number;
  readonly maxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
}

/** What decides whether a partition of a session has news to tell. */
export interface FetchedPartition extends PartitionRef {
  readonly error: ErrorName | null;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly recordBytes: number;
  readonly diverging: boolean;
}

const UNKNOWN_OFFSET = -1;

interface CachedPartition {
  wanted: FetchPartition;
  highWatermark: number;
  logStartOffset: number;
}

/**
 * The partitions that one client keeps fetching, so that its requests and our answers carry only what changed (KIP-227; Kafka's
 * FetchSession). Every request names the epoch that follows the last one, so a lost or repeated request is noticed.
 */
export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  epoch = 1;
  lastUsedMs: number;
  readonly #partitions = new Map<string, CachedPartition>();

  constructor(id: number, usesTopicIds: boolean, nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.createdMs = nowMs;
    this.lastUsedMs = nowMs;
  }

  get size(): number {
    return this.#partitions.size;
  }

  /** In the order in which they will be served: whoever got records last stands at the end. */
  partitions(): FetchPartition[] {
    return Array.from(this.#partitions.values(), cached => cached.wanted);
  }

  update(wanted: readonly FetchPartition[], forgotten: readonly PartitionRef[]): void {
    for (const partition of wanted) {
      const cached = this.#partitions.get(partitionRefKey(partition));
      if (cached) cached.wanted = partition;
      else this.#add(partition);
    }
    for (const ref of forgotten) this.#partitions.delete(partitionRefKey(ref));
  }

  /** Whether the client must be told, and remembers what it was told (CachedPartition.maybeUpdateResponseData). */
  hasNews(answer: FetchedPartition): boolean {
    const key = partitionRefKey(answer);
    const cached = this.#partitions.get(key);
    if (cached === undefined) return true;
    const news =
      answer.error !== null ||
      answer.diverging ||
      answer.recordBytes > 0 ||
      answer.highWatermark !== cached.highWatermark ||
      answer.logStartOffset !== cached.logStartOffset;
    // No offset is as this one: when the error goes away, that is news.
    cached.highWatermark = answer.error === null ? answer.highWatermark : UNKNOWN_OFFSET;
    cached.logStartOffset = answer.logStartOffset;
    if (answer.recordBytes > 0) this.#serveLast(key, cached);
    return news;
  }

  /** A partition that gave records goes to the end of the queue, so that no other starves. */
  #serveLast(key: string, cached: CachedPartition): void {
    this.#partitions.delete(key);
    this.#partitions.set(key, cached);
  }

  #add(wanted: FetchPartition): void {
    const unknown = { highWatermark: UNKNOWN_OFFSET, logStartOffset: UNKNOWN_OFFSET };
    this.#partitions.set(partitionRefKey(wanted), { wanted, ...unknown });
  }
}
