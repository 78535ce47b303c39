import type { LogLevel } from '../adapters/observability/pino-logger.ts';
import type { Logger } from '../ports/logger.ts';

export const STORAGE_ENGINES = ['segment-files', 'memory'] as const;
export type StorageEngine = (typeof STORAGE_ENGINES)[number];

/** How a broker is made. Everything has a default but the storage. */
export interface BrokerOptions {
  readonly storage: StorageEngine;
  /** Where `segment-files` keeps its logs. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
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
