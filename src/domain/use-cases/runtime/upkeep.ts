import type { BrokerConfig } from '../../model/cluster/broker-config.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Compression } from '../../../ports/compression.ts';
import type { Digest } from '../../../ports/digest.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Timers } from '../../../ports/timers.ts';
import { LogCleaner } from './log-cleaner.ts';
import type { PartitionRegistry } from './partition-registry.ts';
import { Retention } from './retention.ts';
import { StoredPartitions, type AllTopics } from './stored-partitions.ts';

export interface UpkeepParts {
  readonly topics: AllTopics;
  readonly registry: PartitionRegistry;
  readonly storage: LogStorage;
  readonly broker: BrokerConfig;
  readonly checksum: Checksum;
  readonly compression: Compression;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What keeps logs in shape while nobody asks: retention, and compaction where `log.cleaner.enable` says so. */
export class Upkeep {
  readonly cleaner: LogCleaner;
  readonly retention: Retention;
  readonly #broker: BrokerConfig;

  constructor(parts: UpkeepParts) {
    const { broker, registry } = parts;
    const partitions = new StoredPartitions(parts.topics, registry, parts.storage);
    const settings = {
      backoffMs: () => broker.get('log.cleaner.backoff.ms'),
      dedupeBufferBytes: () => broker.get('log.cleaner.dedupe.buffer.size'),
      ioBytesPerSecond: () => broker.get('log.cleaner.io.max.bytes.per.second'),
    };
    const cleaner = new LogCleaner({ ...parts, partitions, hold: registry.hold, settings });
    this.#broker = broker;
    this.cleaner = cleaner;
    this.retention = new Retention({
      ...parts,
      partitions,
      intervalMs: () => broker.get('log.retention.check.interval.ms'),
      isCompacting: partition => cleaner.isCleaning(partition),
    });
  }

  start(): void {
    this.retention.start();
    if (this.#broker.get('log.cleaner.enable')) this.cleaner.start();
  }

  /** Resolves when nothing of it is under way. */
  async stop(): Promise<void> {
    await Promise.all([this.retention.stop(), this.cleaner.stop()]);
  }
}
