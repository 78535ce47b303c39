import type { ErrorName } from '../error.ts';
import type { DescribedConsumerGroup } from './consumer/description.ts';
import type { ConsumerHeartbeat, ConsumerHeartbeatAnswer } from './consumer/heartbeat-request.ts';
import type { ClassicProtocol } from './group-events.ts';

/** Names a request that waits for its answer. */
export type ReplyId = number;

interface Asked {
  readonly replyTo: ReplyId;
}
interface OfGroup extends Asked {
  readonly groupId: string;
}

/** Whoever wants to be, or stay, a member of a classic group in its next generation. */
export interface JoinGroup extends OfGroup {
  readonly type: 'join-group';
  /** Empty for one that has none yet. */
  readonly memberId: string;
  /** The id to give if it needs a new one. */
  readonly newMemberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  /** The one it likes best first. */
  readonly protocols: readonly ClassicProtocol[];
  /** Whether it joins in two steps, the first of which only gives an id (KIP-394). */
  readonly requiresMemberId: boolean;
  /** Whether it can be told that it leads and need not assign (KIP-814). */
  readonly canSkipAssignment: boolean;
}
export interface JoinedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly metadata: Buffer;
}
export interface JoinGroupReply {
  readonly error: ErrorName | null;
  readonly memberId: string;
  /** -1 with an error. */
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  readonly skipAssignment: boolean;
  /** For the leader alone. */
  readonly members: readonly JoinedMember[];
}

/** Whoever sends a request as a member that it says it is. */
export interface MemberClaim {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generationId: number;
}

export interface SyncGroup extends OfGroup, MemberClaim {
  readonly type: 'sync-group';
  /** Null in versions that do not say. */
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** From the leader. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}
export interface SyncGroupReply {
  readonly error: ErrorName | null;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface Heartbeat extends OfGroup, MemberClaim {
  readonly type: 'heartbeat';
}
export interface HeartbeatReply {
  readonly error: ErrorName | null;
}

export interface LeavingMember {
  readonly memberId: string;
  readonly instanceId: string | null;
}
export interface LeaveGroup extends OfGroup {
  readonly type: 'leave-group';
  readonly members: readonly LeavingMember[];
}
export interface LeaveGroupReply {
  readonly error: ErrorName | null;
  readonly members: readonly (LeavingMember & { readonly error: ErrorName | null })[];
}

/** A member of a consumer group joins, stays or leaves (KIP-848). */
export interface BeatConsumer extends Asked, ConsumerHeartbeat {
  readonly type: 'consumer-heartbeat';
  /** The id to give if it brings none. */
  readonly newMemberId: string;
}
export interface BeatConsumerReply {
  readonly error: ErrorName | null;
  /** For people; null without an error. */
  readonly message: string | null;
  /** Null with an error. */
  readonly answer: ConsumerHeartbeatAnswer | null;
}

export interface OffsetToCommit {
  readonly topic: string;
  /** That of the topic which has the name now; null where it is not known. */
  readonly topicId: string | null;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number | null;
  readonly metadata: string;
}
export interface CommitOffsets extends OfGroup, MemberClaim {
  readonly type: 'commit-offsets';
  /** Null for the broker's own time of retention. */
  readonly retentionMs: number | null;
  /** Whether the client knows that a group can be missing, and member epochs (v9). */
  readonly knowsMissingGroup: boolean;
  readonly offsets: readonly OffsetToCommit[];
}
export interface CommitOffsetsReply {
  /** One for each offset, in their order. */
  readonly errors: readonly (ErrorName | null)[];
}

export interface FetchOffsets extends OfGroup {
  readonly type: 'fetch-offsets';
  /** Null and -1 from those that are no members of a consumer group. */
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly requireStable: boolean;
  /** Null for all that the group has. */
  readonly topics:
    readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;
}
export interface FetchedOffset {
  readonly topic: string;
  readonly partition: number;
  /** -1 when there is none. */
  readonly offset: number;
  readonly leaderEpoch: number | null;
  readonly metadata: string;
  readonly error: ErrorName | null;
}
export interface FetchOffsetsReply {
  readonly error: ErrorName | null;
  readonly offsets: readonly FetchedOffset[];
}

export interface DeleteOffsets extends OfGroup {
  readonly type: 'delete-offsets';
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}
export interface DeleteOffsetsReply {
  readonly error: ErrorName | null;
  /** One for each partition, in their order. */
  readonly errors: readonly (ErrorName | null)[];
}

export interface DeleteGroup extends OfGroup {
  readonly type: 'delete-group';
}
export interface DeleteGroupReply {
  readonly error: ErrorName | null;
}

export interface DescribeGroup extends OfGroup {
  readonly type: 'describe-group';
}
export interface DescribedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly metadata: Buffer;
  readonly assignment: Buffer;
}
/** A group that is not there, or is no classic one, is Dead. */
export interface DescribeGroupReply {
  /** Why there is nothing to describe, for people; null when there is. */
  readonly problem: string | null;
  readonly state: string;
  readonly protocolType: string;
  readonly protocolName: string;
  readonly members: readonly DescribedMember[];
}

export interface DescribeConsumerGroup extends OfGroup {
  readonly type: 'describe-consumer-group';
}
export interface DescribeConsumerGroupReply {
  readonly error: ErrorName | null;
  /** For people; null without an error. */
  readonly message: string | null;
  /** Null with an error. */
  readonly group: DescribedConsumerGroup | null;
}

/** All groups of a coordinator; filters are the reader's. */
export interface ListGroups extends Asked {
  readonly type: 'list-groups';
}
export interface ListedGroup {
  readonly groupId: string;
  readonly protocolType: string;
  readonly state: string;
  readonly kind: GroupKind;
}
/** Kafka's Group.GroupType. */
export type GroupKind = 'classic' | 'consumer';
export interface ListGroupsReply {
  readonly groups: readonly ListedGroup[];
}

/** What has happened, and nobody waits for an answer to. */
export type GroupOccurrence =
  /** The coordinator has replayed its log and begins its work. */
  | { readonly type: 'loaded' }
  | { readonly type: 'timer-ran'; readonly key: string }
  | { readonly type: 'topic-deleted'; readonly topic: string; readonly topicId: string };

/** Everything that is asked of a coordinator, with what it answers. */
export interface GroupConversations {
  'join-group': [JoinGroup, JoinGroupReply];
  'sync-group': [SyncGroup, SyncGroupReply];
  heartbeat: [Heartbeat, HeartbeatReply];
  'leave-group': [LeaveGroup, LeaveGroupReply];
  'consumer-heartbeat': [BeatConsumer, BeatConsumerReply];
  'commit-offsets': [CommitOffsets, CommitOffsetsReply];
  'fetch-offsets': [FetchOffsets, FetchOffsetsReply];
  'delete-offsets': [DeleteOffsets, DeleteOffsetsReply];
  'delete-group': [DeleteGroup, DeleteGroupReply];
  'describe-group': [DescribeGroup, DescribeGroupReply];
  'describe-consumer-group': [DescribeConsumerGroup, DescribeConsumerGroupReply];
  'list-groups': [ListGroups, ListGroupsReply];
}
export type GroupRequestType = keyof GroupConversations;
export type GroupRequest = GroupConversations[GroupRequestType][0];
export type GroupReply = GroupConversations[GroupRequestType][1];
export type GroupCommand = GroupRequest | GroupOccurrence;
