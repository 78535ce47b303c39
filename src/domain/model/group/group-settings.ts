import type { ConsumerGroupSettings } from './consumer/environment.ts';

/** Which groups with members may change from one protocol to the other (Kafka's ConsumerGroupMigrationPolicy). */
export type MigrationPolicy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional';

/** The broker settings that decisions on groups depend on, by Kafka's names; read at each use. */
export interface GroupSettings {
  /** `group.max.size`. */
  readonly maxSize: number;
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number;
  /** `offset.metadata.max.bytes`. */
  readonly offsetMetadataMaxBytes: number;
  /** `offsets.retention.minutes`, in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** `offsets.retention.check.interval.ms`. */
  readonly offsetsRetentionCheckMs: number;
  /** The most bytes that the events of one decision may take: the largest batch of the offsets topic. */
  readonly maxEventBytes: number;
  /** `group.consumer.*`. */
  readonly consumer: ConsumerGroupSettings;
  /** `group.consumer.migration.policy`. */
  readonly migrationPolicy: MigrationPolicy;
}
