import { BrokerError, type ErrorName } from '../model/error.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { PartitionRegistry, TopicDirectory } from './runtime/partition-registry.ts';
import { storageErrorName } from './runtime/storage-errors.ts';

/** A partition in figures; they are 0 where there is an error. */
export interface DescribedPartition {
  readonly partition: number;
  readonly error: ErrorName | null;
  readonly startOffset: number;
  /** The high watermark: what lies below can be read. */
  readonly endOffset: number;
  readonly sizeInBytes: number;
  readonly leaderEpoch: number;
}

export interface PartitionsOfOneTopic {
  readonly topic: Topic;
  readonly partitions: readonly DescribedPartition[];
}

/** Tells how far each partition of a topic reaches, and how large it is. */
export class DescribePartitions {
  readonly #topics: TopicDirectory;
  readonly #registry: PartitionRegistry;

  constructor(topics: TopicDirectory, registry: PartitionRegistry) {
    this.#topics = topics;
    this.#registry = registry;
  }

  /** Rejects with UNKNOWN_TOPIC_OR_PARTITION. A log that cannot be opened is that partition's error. */
  async execute(name: string): Promise<PartitionsOfOneTopic> {
    const topic = this.#topics.topicNamed(name);
    if (!topic) throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`);
    const partitions: DescribedPartition[] = [];
    for (let index = 0; index < topic.partitionCount; index++) {
      partitions.push(await this.#describe(topic, index));
    }
    return { topic, partitions };
  }

  async #describe(topic: Topic, partition: number): Promise<DescribedPartition> {
    try {
      const opened = await this.#registry.open(topic, partition);
      const { logStartOffset: startOffset, highWatermark: endOffset } = opened;
      const { sizeInBytes, leaderEpoch, unreadable: error } = opened;
      return { partition, error, startOffset, endOffset, sizeInBytes, leaderEpoch };
    } catch (error) {
      const none = { startOffset: 0, endOffset: 0, sizeInBytes: 0, leaderEpoch: 0 };
      return { partition, error: storageErrorName(error), ...none };
    }
  }
}
