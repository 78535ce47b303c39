import { BrokerConfig } from '../../model/cluster/broker-config.ts';
import { ClusterMetadata } from '../../model/cluster/metadata.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { LogSettings, LogStorage, PartitionKey } from '../../../ports/log-storage.ts';
import type { CopySource } from '../copy-logs.ts';
import type { SourceLog } from './log-copy.ts';
import { METADATA_LOG_SETTINGS, METADATA_PARTITION, type MetadataLog } from './metadata-log.ts';
import { replayMetadata } from './metadata-records.ts';
import type { Partition } from './partition.ts';
import type { PartitionRegistry } from './partition-registry.ts';

/** A store that no broker has: all of its logs, and whose they are. */
export interface StoredCluster {
  /** Null where the store has no metadata log, so that no broker has ever begun on it. */
  readonly clusterId: string | null;
  /** Rises with every start of a broker on this store; -1 where there was none. */
  readonly epoch: number;
  readonly sources: readonly CopySource[];
}

/**
 * What lies in a store that this process has opened and no broker runs on. A log is opened with the epoch that it has, so that
 * nothing but the engine's own recovery can change it. Rejects with a StorageError.
 */
export async function storedCluster(
  storage: LogStorage,
  checksum: Checksum,
): Promise<StoredCluster> {
  const stored = await storage.list();
  const own = stored.find(isMetadata);
  const state = new ClusterMetadata(new BrokerConfig(new Map()));
  if (own !== undefined) {
    const log = await storage.open(own, own.epoch, METADATA_LOG_SETTINGS);
    await replayMetadata(log, checksum, event => state.apply(event));
  }
  const sources = stored.map(({ topicId, topic, partition, epoch, sizeInBytes }) => {
    const key = { topicId, topic, partition };
    const settings = state.topicWithId(topicId) ?? METADATA_LOG_SETTINGS;
    return { key, sizeInBytes, open: () => openStored(storage, { key, epoch, settings }) };
  });
  return { clusterId: state.clusterId, epoch: own?.epoch ?? -1, sources };
}

async function openStored(
  storage: LogStorage,
  { key, epoch, settings }: { key: PartitionKey; epoch: number; settings: LogSettings },
): Promise<SourceLog> {
  const log = await storage.open(key, epoch, settings);
  return {
    get startOffset() {
      return log.startOffset;
    },
    endOffset: log.endOffset,
    epochs: log.epochs,
    settings,
    read: (offset, maxBytes, allocate) => log.read(offset, maxBytes, allocate),
    placeOf: offset => log.placeOf(offset),
  };
}

/** Where the logs of a running broker are found. */
export interface LiveLogs {
  readonly registry: PartitionRegistry;
  readonly metadata: MetadataLog;
  readonly storage: LogStorage;
}

/**
 * The logs of a running broker as they are at one instant, which is when this resolves: up to what is committed, so that what a
 * group has committed is never beyond the records that it read. The registry must be held until they are copied. Rejects with
 * a StorageError when a log cannot be opened, and with the signal's reason.
 */
export async function liveSources(
  { registry, metadata, storage }: LiveLogs,
  signal: AbortSignal,
): Promise<readonly CopySource[]> {
  const { state } = metadata;
  for (const { topicId, partition } of await storage.list()) {
    signal.throwIfAborted();
    const topic = state.topicWithId(topicId);
    if (topic && partition < topic.partitionCount) await registry.open(topic, partition);
  }
  // From here on nothing waits. A log that came meanwhile is open, or nothing in it is committed yet.
  const partitions = [...registry.all()].filter(({ topic }) => state.topicWithId(topic.id));
  return [metadataSource(metadata), ...partitions.map(partitionSource)];
}

function metadataSource(metadata: MetadataLog): CopySource {
  const { log, endOffset } = metadata.durable;
  const source: SourceLog = {
    startOffset: log.startOffset,
    endOffset,
    epochs: [...log.epochs],
    settings: METADATA_LOG_SETTINGS,
    read: (offset, maxBytes, allocate) => log.read(offset, maxBytes, allocate),
    placeOf: offset => log.placeOf(offset),
  };
  return { key: METADATA_PARTITION, sizeInBytes: log.sizeInBytes, open: async () => source };
}

function partitionSource(partition: Partition): CopySource {
  const { topic, index, sizeInBytes } = partition;
  const source: SourceLog = {
    get startOffset() {
      return partition.logStartOffset;
    },
    endOffset: partition.highWatermark,
    epochs: [...partition.epochs],
    settings: topic,
    read: (offset, maxBytes, allocate) => partition.read(offset, maxBytes, allocate),
    placeOf: offset => partition.placeOf(offset),
  };
  const key = { topicId: topic.id, topic: topic.name, partition: index };
  return { key, sizeInBytes, open: async () => source };
}

function isMetadata({ topicId, partition }: PartitionKey): boolean {
  return topicId === METADATA_PARTITION.topicId && partition === METADATA_PARTITION.partition;
}
