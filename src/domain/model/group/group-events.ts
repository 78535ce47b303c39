/**
 * Everything that can ever happen to a group, one event per record type of Kafka's `__consumer_offsets`
 * (group-coordinator, common/message/*.json): a `-stored` event is a record with a value and is the whole value from now on; a
 * `-deleted` event is its tombstone. Topic ids are in Kafka's text form.
 */

/** A record of the offsets topic of which the group is the first part of the key. */
interface OfGroup {
  readonly groupId: string;
}
interface OfMember extends OfGroup {
  readonly memberId: string;
}

/** OffsetCommitKey (0 and 1), OffsetCommitValue. */
export interface OffsetStored extends OfGroup {
  readonly type: 'offset-stored';
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Null when the client gave none (-1 in the record). */
  readonly leaderEpoch: number | null;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** Set by commits of version 1 alone, which named their own time of retention. */
  readonly expireTimestampMs: number | null;
  readonly topicId: string | null;
}
export interface OffsetDeleted extends OfGroup {
  readonly type: 'offset-deleted';
  readonly topic: string;
  readonly partition: number;
}

/** A member of a classic group as the record of its group keeps it. */
export interface ClassicMemberFacts {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** The metadata it gave for the protocol that was selected. */
  readonly subscription: Buffer;
  readonly assignment: Buffer;
}
/** GroupMetadataKey, GroupMetadataValue: a classic group, whole. */
export interface ClassicGroupStored extends OfGroup {
  readonly type: 'classic-group-stored';
  /** Empty for a group that only keeps offsets. */
  readonly protocolType: string;
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  /** When the group came into its state; null in records of before version 2. */
  readonly stateTimestampMs: number | null;
  readonly members: readonly ClassicMemberFacts[];
}
export interface ClassicGroupDeleted extends OfGroup {
  readonly type: 'classic-group-deleted';
}

/** ConsumerGroupMetadataKey, ConsumerGroupMetadataValue. */
export interface ConsumerGroupStored extends OfGroup {
  readonly type: 'consumer-group-stored';
  readonly epoch: number;
  /** A hash over the metadata of the subscribed topics (64 bits, signed); 0 when there is none. */
  readonly metadataHash: bigint;
}
export interface ConsumerGroupDeleted extends OfGroup {
  readonly type: 'consumer-group-deleted';
}

/** ConsumerGroupPartitionMetadata*: of Kafka up to 4.0, in place of the metadata hash. Read so that it can be deleted. */
export interface ConsumerPartitionMetadataStored extends OfGroup {
  readonly type: 'consumer-partition-metadata-stored';
  readonly topics: readonly {
    readonly topicId: string;
    readonly topic: string;
    readonly partitionCount: number;
  }[];
}
export interface ConsumerPartitionMetadataDeleted extends OfGroup {
  readonly type: 'consumer-partition-metadata-deleted';
}

/** A classic protocol that a member supports; `metadata` is its ConsumerProtocolSubscription. */
export interface ClassicProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}
/** ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue. */
export interface ConsumerMemberStored extends OfMember {
  readonly type: 'consumer-member-stored';
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopics: readonly string[];
  readonly subscribedRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Set while the member speaks the classic protocol to a consumer group. */
  readonly classic: {
    readonly sessionTimeoutMs: number;
    readonly protocols: readonly ClassicProtocol[];
  } | null;
}
export interface ConsumerMemberDeleted extends OfMember {
  readonly type: 'consumer-member-deleted';
}

/** ConsumerGroupTargetAssignmentMetadata*: the group epoch that the target assignment was made for. */
export interface ConsumerTargetEpochStored extends OfGroup {
  readonly type: 'consumer-target-epoch-stored';
  readonly assignmentEpoch: number;
  /** 0 when it is not known. */
  readonly assignmentTimestampMs: number;
}
export interface ConsumerTargetEpochDeleted extends OfGroup {
  readonly type: 'consumer-target-epoch-deleted';
}

/** Partitions of one topic. */
export interface AssignedTopic {
  readonly topicId: string;
  readonly partitions: readonly number[];
}
/** ConsumerGroupTargetAssignmentMember*: what a member is to have. */
export interface ConsumerTargetAssignmentStored extends OfMember {
  readonly type: 'consumer-target-assignment-stored';
  readonly topics: readonly AssignedTopic[];
}
export interface ConsumerTargetAssignmentDeleted extends OfMember {
  readonly type: 'consumer-target-assignment-deleted';
}

/** Where a member's reconciliation stands (Kafka's MemberState). */
export type ConsumerMemberState =
  'stable' | 'unrevoked-partitions' | 'unreleased-partitions' | 'unknown';

/** Partitions of one topic with the epochs in which they were assigned, one each; null in records that do not know them. */
export interface CurrentTopic extends AssignedTopic {
  readonly assignmentEpochs: readonly number[] | null;
}
/** ConsumerGroupCurrentMemberAssignment*: what a member has, and is still to give back. */
export interface ConsumerCurrentAssignmentStored extends OfMember {
  readonly type: 'consumer-current-assignment-stored';
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: ConsumerMemberState;
  readonly assigned: readonly CurrentTopic[];
  readonly pendingRevocation: readonly CurrentTopic[];
}
export interface ConsumerCurrentAssignmentDeleted extends OfMember {
  readonly type: 'consumer-current-assignment-deleted';
}

/** ConsumerGroupRegularExpression*: the topics that a regular expression stands for. */
export interface ConsumerRegexStored extends OfGroup {
  readonly type: 'consumer-regex-stored';
  readonly regex: string;
  readonly topics: readonly string[];
  /** The version of the cluster's metadata that it was resolved against. */
  readonly version: number;
  readonly timestampMs: number;
}
export interface ConsumerRegexDeleted extends OfGroup {
  readonly type: 'consumer-regex-deleted';
  readonly regex: string;
}

export type OffsetEvent = OffsetStored | OffsetDeleted;
export type ClassicGroupEvent = ClassicGroupStored | ClassicGroupDeleted;
export type ConsumerGroupEvent =
  | ConsumerGroupStored
  | ConsumerGroupDeleted
  | ConsumerPartitionMetadataStored
  | ConsumerPartitionMetadataDeleted
  | ConsumerMemberStored
  | ConsumerMemberDeleted
  | ConsumerTargetEpochStored
  | ConsumerTargetEpochDeleted
  | ConsumerTargetAssignmentStored
  | ConsumerTargetAssignmentDeleted
  | ConsumerCurrentAssignmentStored
  | ConsumerCurrentAssignmentDeleted
  | ConsumerRegexStored
  | ConsumerRegexDeleted;

export type GroupEvent = OffsetEvent | ClassicGroupEvent | ConsumerGroupEvent;
