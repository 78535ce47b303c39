import type { LogLevel } from '../adapters/observability/pino-logger.ts';
import type { LogStorage } from '../ports/log-storage.ts';
import type { Logger } from '../ports/logger.ts';

export const STORAGE_ENGINES = ['segment-files', 'sqlite', 'leveldb', 'lmdb', 'memory'] as const;
export type StorageEngine = (typeof STORAGE_ENGINES)[number];

/** What the engine `memory` may take, in bytes and records; the two of a partition make it a ring that drops its oldest batches. */
export interface MemoryLimits {
  readonly maxBytes?: number;
  readonly maxPartitionBytes?: number;
  readonly maxPartitionRecords?: number;
}

/** What a request over HTTP may bring, unless the options say otherwise: sixteen of Kafka's largest messages. */
export const HTTP_MAX_BODY_BYTES = 16 * 1024 * 1024;

/** How a broker is made. Everything has a default but the storage. */
export interface BrokerOptions {
  /** An engine by its name, or a store that is open already: the broker closes it when it stops, and when it cannot start. */
  readonly storage: StorageEngine | LogStorage;
  /** Where every engine but `memory` keeps its logs. */
  readonly dataDir: string;
  /** Bounds of the engine `memory`; without them it takes 1 GiB at most, and fails what exceeds that. */
  readonly memory?: MemoryLimits;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Where HTTP is served, 0 for any free port; null serves none. */
  readonly httpPort: number | null;
  readonly httpHost: string;
  /** What clients may call HTTP's host by, besides addresses, localhost and what it knows itself by; `*` is any name. */
  readonly httpAllowedHosts?: readonly string[];
  /** Where lines of text are served, on `host`, 0 for any free port; none are unless told. */
  readonly textPort: number | null;
  /** The largest body of a request over HTTP, in bytes. */
  readonly httpMaxBodyBytes: number;
  /** The most series of partitions that `/metrics` tells: 200,000 unless told otherwise. */
  readonly metricsMaxSeries?: number;
  /** Where clients are told to connect, if that is not the address that is listened on. */
  readonly advertisedHost: string | null;
  readonly advertisedPort: number | null;
  /** Kafka's `broker.id`. */
  readonly brokerId: number;
  readonly logLevel: LogLevel;
  /** Takes the log lines instead of stderr, whatever their level. */
  readonly logger?: Logger;
  /** Broker settings by Kafka's names, such as `num.partitions`. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** Options of a broker whose store Hexlog opens itself. */
export interface EngineOptions extends BrokerOptions {
  readonly storage: StorageEngine;
}
