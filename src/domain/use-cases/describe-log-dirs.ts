import type { ErrorName } from '../model/error.ts';
import { StorageError, type LogStorage, type StoredPartition } from '../../ports/log-storage.ts';
import type { TopicDirectory } from './runtime/partition-registry.ts';

/** Names partitions of one topic. */
export interface PartitionsWanted {
  readonly name: string;
  readonly partitions: readonly number[];
}

export interface LogSize {
  readonly partition: number;
  readonly sizeInBytes: number;
}

/** The one directory of this broker; -1 bytes where the size of its volume is not known. */
export interface LogDirectory {
  readonly error: ErrorName | null;
  readonly location: string;
  readonly topics: readonly { readonly name: string; readonly partitions: readonly LogSize[] }[];
  readonly totalBytes: number;
  readonly usableBytes: number;
}

/** Says how large logs are (Kafka's ReplicaManager.describeLogDirs). */
export class DescribeLogDirs {
  readonly #topics: TopicDirectory;
  readonly #storage: LogStorage;

  constructor(topics: TopicDirectory, storage: LogStorage) {
    this.#topics = topics;
    this.#storage = storage;
  }

  /**
   * The logs that there are among those wanted, or all (null), open or not. A partition that is not known, or that has no log
   * yet, is left out; a store that cannot say is the directory's error.
   */
  async execute(wanted: readonly PartitionsWanted[] | null): Promise<LogDirectory> {
    const { location } = this.#storage;
    try {
      const [stored, volume] = await Promise.all([this.#storage.list(), this.#storage.volume()]);
      const topics = this.#byTopic(stored, wanted === null ? null : namesOf(wanted));
      return { error: null, location, topics, ...volume };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const unknown = { topics: [], totalBytes: -1, usableBytes: -1 };
      return { error: 'KAFKA_STORAGE_ERROR', location, ...unknown };
    }
  }

  /** The cluster's metadata is a log of no topic, and so is one that a deletion has left behind. */
  #byTopic(
    stored: readonly StoredPartition[],
    wanted: ReadonlySet<string> | null,
  ): LogDirectory['topics'] {
    const found = new Map<string, LogSize[]>();
    for (const { topicId, partition, sizeInBytes } of stored) {
      const topic = this.#topics.topicWithId(topicId);
      if (topic === undefined || partition >= topic.partitionCount) continue;
      if (wanted !== null && !wanted.has(nameOf(topic.name, partition))) continue;
      const sizes = found.get(topic.name) ?? [];
      found.set(topic.name, sizes);
      sizes.push({ partition, sizeInBytes });
    }
    return Array.from(found, ([name, sizes]) => {
      return { name, partitions: sizes.sort((a, b) => a.partition - b.partition) };
    });
  }
}

function namesOf(wanted: readonly PartitionsWanted[]): ReadonlySet<string> {
  return new Set(
    wanted.flatMap(({ name, partitions }) => partitions.map(one => nameOf(name, one))),
  );
}

function nameOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
