import type { ResolutionContext } from 'inversify';
import { kafkaApis } from '../adapters/transport/kafka/kafka-apis.ts';
import { KafkaConsumerProtocol } from '../adapters/transport/kafka/records/consumer-protocol.ts';
import { KafkaGroupRecords } from '../adapters/transport/kafka/records/kafka-group-records.ts';
import { KafkaListener } from '../adapters/transport/kafka/kafka-listener.ts';
import { openLeveldbLogStorage } from '../adapters/storage/leveldb/leveldb-log-storage.ts';
import { openLmdbLogStorage } from '../adapters/storage/lmdb/lmdb-log-storage.ts';
import { MemoryLogStorage } from '../adapters/storage/memory/memory-log-storage.ts';
import { NodeFileSystem } from '../adapters/storage/segment-files/node-file-system.ts';
import { TimedFileSystem } from '../adapters/storage/segment-files/timed-file-system.ts';
import { SegmentFilesLogStorage } from '../adapters/storage/segment-files/segment-files-log-storage.ts';
import { openSqliteLogStorage } from '../adapters/storage/sqlite/sqlite-log-storage.ts';
import { BrokerConfig } from '../domain/model/cluster/broker-config.ts';
import type { BrokerNode } from '../domain/use-cases/describe-cluster.ts';
import { GroupCoordinators } from '../domain/use-cases/runtime/group-coordinators.ts';
import { PartitionRegistry } from '../domain/use-cases/runtime/partition-registry.ts';
import { Upkeep } from '../domain/use-cases/runtime/upkeep.ts';
import type { Checksum } from '../ports/checksum.ts';
import type { Clock } from '../ports/clock.ts';
import type { Listener } from '../ports/listener.ts';
import type { LogStorage } from '../ports/log-storage.ts';
import type { Logger } from '../ports/logger.ts';
import type { StorageMetrics } from '../ports/metrics.ts';
import type { BrokerOptions, EngineOptions } from './broker-options.ts';
import { refuseUnfinished } from './storage/target-directory.ts';
import { TOKENS as T } from './tokens.ts';
import type { UseCaseParts } from './use-cases.ts';

const DRAIN_MS = 10_000;
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

export function brokerConfig({ settings }: BrokerOptions): BrokerConfig {
  const texts = Object.entries(settings).map(([name, value]): [string, string] => {
    return [name, String(value)];
  });
  return new BrokerConfig(new Map(texts));
}

/** Where clients find this broker; a wildcard is no address to connect to. */
export function self(options: BrokerOptions): { node: BrokerNode } {
  const { host, port, advertisedHost, advertisedPort, brokerId } = options;
  const reachable = ANY_ADDRESS.has(host) ? 'localhost' : host;
  return {
    node: { id: brokerId, host: advertisedHost ?? reachable, port: advertisedPort ?? port },
  };
}

/** Options of a store whose writes are timed, if they are. */
export type Measured<Options> = Options & { readonly metrics?: StorageMetrics };

/** The store that a broker is given, or the one it opens: never one that is still being copied. */
export async function brokerStorage(
  { storage, ...options }: Measured<BrokerOptions>,
  checksum: Checksum,
  clock: Clock,
  logger: Logger,
): Promise<LogStorage> {
  if (typeof storage !== 'string') return storage;
  if (storage !== 'memory') await refuseUnfinished(options.dataDir);
  return openStorage({ ...options, storage }, checksum, clock, logger);
}

export async function openStorage(
  { storage, dataDir, memory, ...measured }: Measured<EngineOptions>,
  checksum: Checksum,
  clock: Clock,
  logger: Logger,
): Promise<LogStorage> {
  const directory = dataDir;
  const { metrics } = measured;
  const timed = metrics === undefined ? {} : { metrics };
  switch (storage) {
    case 'memory':
      return new MemoryLogStorage({ ...memory, clock });
    case 'sqlite':
      return openSqliteLogStorage({ directory, clock, logger, ...timed });
    case 'leveldb':
      return openLeveldbLogStorage({ directory, clock, ...timed });
    case 'lmdb':
      return openLmdbLogStorage({ directory, clock, ...timed });
    case 'segment-files': {
      const fileSystem = metrics ? new TimedFileSystem(metrics) : new NodeFileSystem();
      return SegmentFilesLogStorage.open({ directory, fileSystem, checksum, clock, logger });
    }
  }
}

export async function partitions(parts: ResolutionContext): Promise<PartitionRegistry> {
  const { state, epoch } = await parts.getAsync(T.metadata);
  return new PartitionRegistry({
    topics: state,
    storage: await parts.getAsync(T.storage),
    epoch,
    checksum: parts.get(T.checksum),
    clock: parts.get(T.clock),
    logger: parts.get(T.logger),
    producerExpirationMs: () => state.broker.get('producer.id.expiration.ms'),
  });
}

export async function groupCoordinators(parts: ResolutionContext): Promise<GroupCoordinators> {
  return new GroupCoordinators({
    metadata: await parts.getAsync(T.metadata),
    partitions: await parts.getAsync(T.partitions),
    createTopics: await parts.getAsync(T.createTopics),
    storage: await parts.getAsync(T.storage),
    flushPolicy: parts.get(T.flushPolicy),
    checksum: parts.get(T.checksum),
    clock: parts.get(T.clock),
    timers: parts.get(T.timers),
    logger: parts.get(T.logger),
    records: new KafkaGroupRecords(),
    consumerProtocol: new KafkaConsumerProtocol(),
    regex: parts.get(T.regex),
  });
}

export async function upkeep(parts: ResolutionContext): Promise<Upkeep> {
  return new Upkeep({
    topics: (await parts.getAsync(T.metadata)).state,
    registry: await parts.getAsync(T.partitions),
    storage: await parts.getAsync(T.storage),
    broker: parts.get(T.brokerConfig),
    checksum: parts.get(T.checksum),
    compression: parts.get(T.compression),
    digest: parts.get(T.digest),
    clock: parts.get(T.clock),
    timers: parts.get(T.timers),
    logger: parts.get(T.logger),
  });
}

export async function useCaseParts(parts: ResolutionContext): Promise<UseCaseParts> {
  return {
    metadata: await parts.getAsync(T.metadata),
    partitions: await parts.getAsync(T.partitions),
    census: await parts.getAsync(T.census),
    storage: await parts.getAsync(T.storage),
    createTopics: await parts.getAsync(T.createTopics),
    groups: await parts.getAsync(T.groups),
    intake: parts.get(T.intake),
    flushPolicy: parts.get(T.flushPolicy),
    self: parts.get(T.self),
    checksum: parts.get(T.checksum),
    compression: parts.get(T.compression),
    consumerProtocol: new KafkaConsumerProtocol(),
    clock: parts.get(T.clock),
    timers: parts.get(T.timers),
    random: parts.get(T.random),
    logger: parts.get(T.logger),
  };
}

export async function kafkaListener(parts: ResolutionContext): Promise<Listener> {
  const { host, port, brokerId } = parts.get(T.options);
  const { state, clusterId, epoch } = await parts.getAsync(T.metadata);
  const { broker } = state;
  const metrics = parts.get(T.metrics);
  const facts = { clusterId, brokerId, leaderEpoch: epoch };
  return new KafkaListener({
    host,
    port,
    registry: kafkaApis(await parts.getAsync(T.useCases), facts, metrics),
    logger: parts.get(T.logger),
    counts: metrics.connections,
    maxRequestBytes: broker.get('socket.request.max.bytes'),
    maxConnections: () => broker.get('max.connections'),
    maxIdleMs: broker.get('connections.max.idle.ms'),
    drainMs: DRAIN_MS,
  });
}
