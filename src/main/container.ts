import 'reflect-metadata';
import { Container } from 'inversify';
import { NodeCompression } from '../adapters/compression/node-compression.ts';
import { pinoLogger } from '../adapters/observability/pino-logger.ts';
import { RateLimitedLogger } from '../adapters/observability/rate-limited-logger.ts';
import { Crc32c } from '../adapters/runtime/crc32c.ts';
import { Sha256 } from '../adapters/runtime/sha256.ts';
import { NodeRandom } from '../adapters/runtime/node-random.ts';
import { NodeTimers } from '../adapters/runtime/node-timers.ts';
import { Re2Regex } from '../adapters/runtime/re2-regex.ts';
import { SystemClock } from '../adapters/runtime/system-clock.ts';
import { CreateTopics } from '../domain/use-cases/create-topics.ts';
import { MetadataLog } from '../domain/use-cases/runtime/metadata-log.ts';
import { FlushPolicy } from '../domain/use-cases/runtime/flush-policy.ts';
import { PartitionCensus } from '../domain/use-cases/runtime/partition-census.ts';
import { RecordIntake } from '../domain/use-cases/runtime/record-intake.ts';
import type { BrokerOptions } from './broker-options.ts';
import {
  brokerConfig,
  brokerStorage,
  groupCoordinators,
  kafkaListener,
  partitions,
  self,
  upkeep,
  useCaseParts,
} from './factories.ts';
import { brokerMetrics, timed } from './metrics.ts';
import { TOKENS as T } from './tokens.ts';
import { useCases } from './use-cases.ts';

/** Everything a broker is made of, and from what. Parts are made when first asked for, once. */
export function createContainer(options: BrokerOptions): Container {
  const c = new Container({ defaultScope: 'Singleton' });
  c.bind(T.options).toConstantValue(options);
  c.bind(T.brokerConfig).toResolvedValue(brokerConfig, [T.options]);
  c.bind(T.self).toResolvedValue(self, [T.options]);

  c.bind(T.clock).toResolvedValue(() => new SystemClock(), []);
  c.bind(T.timers).toResolvedValue(() => new NodeTimers(), []);
  c.bind(T.random).toResolvedValue(() => new NodeRandom(), []);
  c.bind(T.checksum).toResolvedValue(() => new Crc32c(), []);
  c.bind(T.regex).toResolvedValue(() => new Re2Regex(), []);
  c.bind(T.digest).toResolvedValue(() => new Sha256(), []);
  c.bind(T.compression).toResolvedValue(() => new NodeCompression(), []);
  c.bind(T.logger).toResolvedValue(
    ({ logLevel, logger }, clock) => new RateLimitedLogger(logger ?? pinoLogger(logLevel), clock),
    [T.options, T.clock],
  );
  c.bind(T.metrics).toResolvedValue(brokerMetrics, [T.options, T.timers]);
  c.bind(T.storage).toResolvedValue(
    (options, checksum, clock, logger, metrics) =>
      brokerStorage({ ...options, ...timed(metrics) }, checksum, clock, logger),
    [T.options, T.checksum, T.clock, T.logger, T.metrics],
  );
  c.bind(T.kafkaListener).toDynamicValue(kafkaListener);

  bindDomain(c);
  return c;
}

function bindDomain(c: Container): void {
  c.bind(T.metadata).toDynamicValue(async parts =>
    MetadataLog.open({
      storage: await parts.getAsync(T.storage),
      checksum: parts.get(T.checksum),
      clock: parts.get(T.clock),
      random: parts.get(T.random),
      logger: parts.get(T.logger),
      broker: parts.get(T.brokerConfig),
    }),
  );
  c.bind(T.partitions).toDynamicValue(partitions);
  c.bind(T.census).toResolvedValue(
    ({ state: topics }, registry, storage, clock, timers) =>
      new PartitionCensus({ topics, registry, storage, clock, timers }),
    [T.metadata, T.partitions, T.storage, T.clock, T.timers],
  );
  c.bind(T.flushPolicy).toResolvedValue(
    config => new FlushPolicy(() => config.get('flush.policy')),
    [T.brokerConfig],
  );
  c.bind(T.intake).toResolvedValue(
    (checksum, compression, clock) => new RecordIntake(checksum, compression, clock),
    [T.checksum, T.compression, T.clock],
  );
  c.bind(T.createTopics).toResolvedValue(
    (metadata, random, { brokerId }) => new CreateTopics(metadata, random, brokerId),
    [T.metadata, T.random, T.options],
  );
  c.bind(T.groups).toDynamicValue(groupCoordinators);
  c.bind(T.upkeep).toDynamicValue(upkeep);
  c.bind(T.useCases).toDynamicValue(async parts => useCases(await useCaseParts(parts)));
}
