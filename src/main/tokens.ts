import type { ServiceIdentifier } from 'inversify';
import type { BrokerConfig } from '../domain/model/cluster/broker-config.ts';
import type { CreateTopics } from '../domain/use-cases/create-topics.ts';
import type { BrokerNode } from '../domain/use-cases/describe-cluster.ts';
import type { FlushPolicy } from '../domain/use-cases/runtime/flush-policy.ts';
import type { GroupCoordinators } from '../domain/use-cases/runtime/group-coordinators.ts';
import type { MetadataLog } from '../domain/use-cases/runtime/metadata-log.ts';
import type { PartitionCensus } from '../domain/use-cases/runtime/partition-census.ts';
import type { PartitionRegistry } from '../domain/use-cases/runtime/partition-registry.ts';
import type { Upkeep } from '../domain/use-cases/runtime/upkeep.ts';
import type { RecordIntake } from '../domain/use-cases/runtime/record-intake.ts';
import type { Checksum } from '../ports/checksum.ts';
import type { Clock } from '../ports/clock.ts';
import type { Compression } from '../ports/compression.ts';
import type { Digest } from '../ports/digest.ts';
import type { Listener } from '../ports/listener.ts';
import type { LogStorage } from '../ports/log-storage.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Random } from '../ports/random.ts';
import type { Regex } from '../ports/regex.ts';
import type { Timers } from '../ports/timers.ts';
import type { BrokerOptions } from './broker-options.ts';
import type { UseCases } from './use-cases.ts';

const token = <T>(name: string): ServiceIdentifier<T> => Symbol.for(`hexlog.${name}`);

/** The names under which the container knows its parts: one per port, one per part of the domain that others stand on. */
export const TOKENS = {
  options: token<BrokerOptions>('options'),
  brokerConfig: token<BrokerConfig>('brokerConfig'),
  /** This broker as clients are told to reach it; its port is known once the listener is bound. */
  self: token<{ node: BrokerNode }>('self'),

  clock: token<Clock>('clock'),
  timers: token<Timers>('timers'),
  random: token<Random>('random'),
  checksum: token<Checksum>('checksum'),
  compression: token<Compression>('compression'),
  regex: token<Regex>('regex'),
  digest: token<Digest>('digest'),
  logger: token<Logger>('logger'),
  metrics: token<Metrics>('metrics'),
  storage: token<LogStorage>('storage'),
  kafkaListener: token<Listener>('kafkaListener'),

  metadata: token<MetadataLog>('metadata'),
  partitions: token<PartitionRegistry>('partitions'),
  census: token<PartitionCensus>('census'),
  flushPolicy: token<FlushPolicy>('flushPolicy'),
  intake: token<RecordIntake>('intake'),
  createTopics: token<CreateTopics>('createTopics'),
  groups: token<GroupCoordinators>('groups'),
  upkeep: token<Upkeep>('upkeep'),
  useCases: token<UseCases>('useCases'),
};
