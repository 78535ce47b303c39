import type { Topic } from '../../model/topic/topic.ts';
import type { Clock } from '../../../ports/clock.ts';
import { StorageError, type LogStorage, type StoredPartition } from '../../../ports/log-storage.ts';
import type { Timers } from '../../../ports/timers.ts';
import { Pace } from './pace.ts';
import type { PartitionRegistry, TopicDirectory } from './partition-registry.ts';

/** What is counted. */
export interface CensusTopics extends TopicDirectory {
  topics(): Iterable<Topic>;
}

/** A partition as dashboards look at one. */
export interface PartitionFacts {
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly sizeInBytes: number;
  /** It takes no more records. */
  readonly isOffline: boolean;
}

const EMPTY: PartitionFacts = {
  logStartOffset: 0,
  highWatermark: 0,
  sizeInBytes: 0,
  isOffline: false,
};

/**
 * Tells the offsets and sizes of all partitions without waiting for any. Logs are opened when they are first used; what is in one
 * that was not opened since the start is not known before somebody opens it, which is what `openUnopened` does.
 */
export class PartitionCensus {
  readonly topics: CensusTopics;
  readonly registry: PartitionRegistry;
  readonly #storage: LogStorage;
  readonly #clock: Clock;
  readonly #pace: Pace;
  /** Stored logs that nobody has opened yet, as far as is known; null until the store could say. */
  #unopened: StoredLogs | null = null;
  #listing: Promise<StoredLogs | null> | null = null;
  /** Those that could not be opened: they are not tried again, for each time would read them through. */
  readonly #damaged: StoredLogs = new Map();

  constructor(parts: {
    topics: CensusTopics;
    registry: PartitionRegistry;
    storage: LogStorage;
    clock: Clock;
    timers: Timers;
  }) {
    this.topics = parts.topics;
    this.registry = parts.registry;
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#pace = new Pace(parts.clock, parts.timers, () => Infinity);
  }

  /** What is known of a partition; null where its log was not opened yet, or cannot be. */
  find(topic: Topic, index: number): PartitionFacts | null {
    const partition = this.registry.opened(topic, index);
    if (partition === undefined) return this.#unopenedFacts(topic, index);
    const { logStartOffset, highWatermark, sizeInBytes, offline } = partition;
    return { logStartOffset, highWatermark, sizeInBytes, isOffline: offline !== null };
  }

  /** Bytes of batches that are kept, of a log that was not opened yet or cannot be, too; 0 where nobody knows. */
  sizeOf(topic: Topic, index: number): number {
    const partition = this.registry.opened(topic, index);
    if (partition !== undefined) return partition.sizeInBytes;
    const key = keyOf(topic.id, index);
    return (this.#unopened?.get(key) ?? this.#damaged.get(key))?.sizeInBytes ?? 0;
  }

  /** Opens logs one by one, for at most so long; the rest waits for the next time, as do all while the store cannot list them. */
  async openUnopened(budgetMs: number): Promise<void> {
    const endMs = this.#clock.now() + budgetMs;
    const unopened = (this.#unopened ??= await this.#listed());
    for (const [key, stored] of unopened ?? []) {
      const { topicId, partition } = stored;
      if (this.#clock.now() >= endMs) return;
      const topic = this.topics.topicWithId(topicId);
      if (topic !== undefined && partition < topic.partitionCount) {
        // The registry says in the log what is wrong.
        await this.registry.open(topic, partition).catch(() => this.#damaged.set(key, stored));
      }
      unopened!.delete(key);
      await this.#pace.breathe();
    }
  }

  #unopenedFacts(topic: Topic, index: number): PartitionFacts | null {
    if (this.#unopened === null) return null;
    if (this.#unopened.size + this.#damaged.size === 0) return EMPTY;
    const key = keyOf(topic.id, index);
    return this.#unopened.has(key) || this.#damaged.has(key) ? null : EMPTY;
  }

  /** Once for all who ask meanwhile. */
  #listed(): Promise<StoredLogs | null> {
    return (this.#listing ??= this.#list().finally(() => (this.#listing = null)));
  }

  async #list(): Promise<StoredLogs | null> {
    try {
      // Those without bytes too: all that they held may have been deleted, and their offsets go on.
      const stored = await this.#storage.list();
      return new Map(stored.map(one => [keyOf(one.topicId, one.partition), one]));
    } catch (error) {
      if (error instanceof StorageError) return null;
      throw error;
    }
  }
}

type StoredLogs = Map<string, StoredPartition>;

function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}
