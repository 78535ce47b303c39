import { kafkaApis, type KafkaUseCases } from '../adapters/transport/kafka/kafka-apis.ts';
import { KafkaListener } from '../adapters/transport/kafka/kafka-listener.ts';
import { MemoryLogStorage } from '../adapters/storage/memory/memory-log-storage.ts';
import { NodeFileSystem } from '../adapters/storage/segment-files/node-file-system.ts';
import { SegmentFilesLogStorage } from '../adapters/storage/segment-files/segment-files-log-storage.ts';
import { BrokerConfig } from '../domain/model/cluster/broker-config.ts';
import type { BrokerNode } from '../domain/use-cases/describe-cluster.ts';
import type { MetadataLog } from '../domain/use-cases/runtime/metadata-log.ts';
import { PartitionRegistry } from '../domain/use-cases/runtime/partition-registry.ts';
import type { Checksum } from '../ports/checksum.ts';
import type { Clock } from '../ports/clock.ts';
import type { Listener } from '../ports/listener.ts';
import type { LogStorage } from '../ports/log-storage.ts';
import type { Logger } from '../ports/logger.ts';
import type { BrokerOptions } from './broker-options.ts';

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

export async function openStorage(
  { storage, dataDir }: BrokerOptions,
  checksum: Checksum,
  clock: Clock,
  logger: Logger,
): Promise<LogStorage> {
  if (storage === 'memory') return new MemoryLogStorage();
  const fileSystem = new NodeFileSystem();
  return SegmentFilesLogStorage.open({ directory: dataDir, fileSystem, checksum, clock, logger });
}

export function partitions(
  metadata: MetadataLog,
  storage: LogStorage,
  clock: Clock,
  logger: Logger,
): PartitionRegistry {
  const { state, epoch } = metadata;
  const producerExpirationMs = (): number => state.broker.get('producer.id.expiration.ms');
  return new PartitionRegistry({
    topics: state,
    storage,
    epoch,
    clock,
    logger,
    producerExpirationMs,
  });
}

export function kafkaListener(
  { host, port, brokerId }: BrokerOptions,
  useCases: KafkaUseCases,
  { state, clusterId, epoch }: MetadataLog,
  logger: Logger,
): Listener {
  const { broker } = state;
  return new KafkaListener({
    host,
    port,
    registry: kafkaApis(useCases, { clusterId, brokerId, leaderEpoch: epoch }),
    logger,
    maxRequestBytes: broker.get('socket.request.max.bytes'),
    maxConnections: () => broker.get('max.connections'),
    maxIdleMs: broker.get('connections.max.idle.ms'),
    drainMs: DRAIN_MS,
  });
}
