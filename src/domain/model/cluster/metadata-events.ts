/** Settings as they lie in an event. */
export type ConfigRecord = Readonly<Record<string, string>>;

export interface ClusterCreated {
  readonly type: 'cluster-created';
  readonly clusterId: string;
}
/** A broker opened the store as the one writer of `epoch`. */
export interface BrokerStarted {
  readonly type: 'broker-started';
  readonly epoch: number;
}
export interface TopicCreated {
  readonly type: 'topic-created';
  readonly topicId: string;
  readonly name: string;
  readonly partitions: number;
  readonly configs: ConfigRecord;
}
export interface TopicDeleted {
  readonly type: 'topic-deleted';
  readonly topicId: string;
}
/** `partitions` is the new count of all partitions. */
export interface PartitionsCreated {
  readonly type: 'partitions-created';
  readonly topicId: string;
  readonly partitions: number;
}
/** `configs` are all settings that the topic has of its own from now on. */
export interface TopicConfigsAltered {
  readonly type: 'topic-configs-altered';
  readonly topicId: string;
  readonly configs: ConfigRecord;
}
/** `configs` are all dynamic settings of the scope from now on. */
export interface BrokerConfigsAltered {
  readonly type: 'broker-configs-altered';
  readonly scope: 'broker' | 'cluster';
  readonly configs: ConfigRecord;
}
/** Every id below `nextProducerId` may have been given to a producer. */
export interface ProducerIdsAllocated {
  readonly type: 'producer-ids-allocated';
  readonly nextProducerId: number;
}
/** The whole state in place of all events before. */
export interface MetadataSnapshot {
  readonly type: 'metadata-snapshot';
  readonly clusterId: string;
  readonly epoch: number;
  readonly topics: readonly Omit<TopicCreated, 'type'>[];
  readonly brokerConfigs: ConfigRecord;
  readonly clusterConfigs: ConfigRecord;
  readonly nextProducerId: number;
}

/** Everything that can ever happen to a cluster's metadata. */
export type MetadataEvent =
  | ClusterCreated
  | BrokerStarted
  | TopicCreated
  | TopicDeleted
  | PartitionsCreated
  | TopicConfigsAltered
  | BrokerConfigsAltered
  | ProducerIdsAllocated
  | MetadataSnapshot;

/** A record, so that the compiler sees to it that each type of the union is here. */
const TYPES: Readonly<Record<MetadataEvent['type'], true>> = {
  'cluster-created': true,
  'broker-started': true,
  'topic-created': true,
  'topic-deleted': true,
  'partitions-created': true,
  'topic-configs-altered': true,
  'broker-configs-altered': true,
  'producer-ids-allocated': true,
  'metadata-snapshot': true,
};

/** Whether this version knows what to do with an event of this type. */
export function isKnownEventType(type: unknown): type is MetadataEvent['type'] {
  return typeof type === 'string' && Object.hasOwn(TYPES, type);
}
