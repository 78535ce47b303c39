import type { Topic } from '../../model/topic/topic.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { Partition } from './partition.ts';
import type { PartitionRegistry } from './partition-registry.ts';

/** All topics; the cluster's metadata has them. */
export interface AllTopics {
  topics(): Iterable<Topic>;
  topicWithId(id: string): Topic | undefined;
}

/**
 * The partitions that hold something, for work that goes over all of them. A log that this broker has not opened yet is as it was at
 * the start, so the store is asked once what there was.
 */
export class StoredPartitions {
  readonly #topics: AllTopics;
  readonly #registry: PartitionRegistry;
  readonly #storage: LogStorage;
  /** Logs with something in them that were never opened, as far as that is known. */
  #unopened: Promise<Set<string>> | null = null;

  constructor(topics: AllTopics, registry: PartitionRegistry, storage: LogStorage) {
    this.#topics = topics;
    this.#registry = registry;
    this.#storage = storage;
  }

  /**
   * Those of the topics that are wanted, opened one by one. One that cannot be opened is left out, and not tried again. Rejects with a
   * StorageError when the store does not say what it has.
   */
  async *of(isWanted: (topic: Topic) => boolean): AsyncGenerator<Partition> {
    const unopened = await this.#stored();
    for (const topic of this.#topics.topics()) {
      if (!isWanted(topic)) continue;
      for (let index = 0; index < topic.partitionCount; index++) {
        let partition = this.#registry.opened(topic, index);
        // Nothing waits for those that hold nothing: they may be very many.
        const mayBeStored = partition === undefined && unopened.size > 0;
        if (mayBeStored && unopened.delete(keyOf(topic.id, index))) {
          partition = await this.#open(topic, index);
        }
        if (partition?.offline === null) yield partition;
      }
    }
  }

  async #open(topic: Topic, index: number): Promise<Partition | undefined> {
    // A topic may be deleted while others are looked at: to open its log would make it anew.
    if (this.#topics.topicWithId(topic.id) !== topic) return undefined;
    // The registry says in the log what is wrong.
    return this.#registry.open(topic, index).catch(() => undefined);
  }

  #stored(): Promise<Set<string>> {
    return (this.#unopened ??= this.#list().catch((error: unknown) => {
      this.#unopened = null;
      throw error;
    }));
  }

  async #list(): Promise<Set<string>> {
    const stored = await this.#storage.list();
    const filled = stored.filter(({ sizeInBytes }) => sizeInBytes > 0);
    return new Set(filled.map(({ topicId, partition }) => keyOf(topicId, partition)));
  }
}

function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}
