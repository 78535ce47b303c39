/** What the routes under /v1 answer, as their JSON says it. Offsets are safe integers; times are milliseconds. */

export interface Quantiles {
  readonly p50_ms: number;
  readonly p99_ms: number;
}

export interface BrokerView {
  readonly id: number;
  readonly version: string;
  readonly cluster_id: string;
  readonly uptime_ms: number;
  readonly storage: string;
  readonly data_dir: string | null;
  readonly listeners: readonly { readonly name: string; readonly address: string }[];
  readonly connections: number;
  /** They only grow while the broker runs. */
  readonly totals: {
    readonly messages_in: number;
    readonly bytes_in: number;
    readonly bytes_out: number;
    readonly requests: number;
  };
  /** Null until there was such a request. */
  readonly latency: { readonly produce: Quantiles | null; readonly fetch: Quantiles | null };
  readonly memory: { readonly rss: number; readonly heap_used: number };
  readonly event_loop_delay: Quantiles;
}

export interface TopicRow {
  readonly name: string;
  readonly internal: boolean;
  readonly partitions: number;
  /** Null while the broker has not opened all of its logs. */
  readonly records: number | null;
  readonly bytes: number;
  /** All that was ever written, so that it only grows; null as `records`. */
  readonly messages_in: number | null;
}

export interface GroupRow {
  readonly id: string;
  readonly state: string;
  readonly type: string;
  /** Null where it cannot be told, as the lag. */
  readonly members: number | null;
  readonly lag: number | null;
}

export interface Overview {
  readonly broker: BrokerView;
  readonly topics: readonly TopicRow[];
  readonly groups: readonly GroupRow[];
}

export interface PartitionRow {
  readonly partition: number;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly bytes: number;
  readonly leader_epoch: number;
  /** A name of Kafka's errors, where the partition cannot be read. */
  readonly error: string | null;
}

export interface TopicView {
  readonly name: string;
  readonly id: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionRow[];
}

/** A key or a value. `binary` comes in base64. */
export interface Field {
  readonly type: 'json' | 'string' | 'binary' | 'null';
  readonly data: unknown;
  readonly size: number;
}

export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Field;
  readonly value: Field;
  readonly headers: readonly (Field & { readonly name: string })[];
}

export interface RecordsPage {
  readonly from_offset: number;
  readonly records: readonly LogRecord[];
  readonly next_offset: number;
  readonly start_offset: number;
  readonly end_offset: number;
}

export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
  readonly end: number | null;
  readonly lag: number | null;
  readonly member: string | null;
}

export interface GroupMember {
  readonly id: string;
  readonly client_id: string;
  readonly host: string;
  readonly instance_id: string | null;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

export interface GroupView {
  readonly id: string;
  readonly state: string;
  readonly type: string;
  readonly assignor: string | null;
  readonly members: readonly GroupMember[];
  readonly partitions: readonly GroupPartition[];
}

export interface OffsetMove {
  readonly topic: string;
  readonly partition: number;
  readonly from: number | null;
  readonly to: number;
}

export interface ConfigRow {
  readonly name: string;
  readonly value: string | null;
  readonly is_default: boolean;
  readonly is_read_only: boolean;
  readonly is_sensitive: boolean;
  readonly source: string;
}

export interface SettingRow {
  readonly name: string;
  readonly value: string | null;
  readonly type: string;
  readonly source: string;
  readonly read_only: boolean;
  readonly documentation: string;
}
