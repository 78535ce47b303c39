import { BrokerError } from '../../error.ts';
import type {
  ConsumerCurrentAssignmentStored,
  ConsumerMemberState,
  ConsumerMemberStored,
} from '../group-events.ts';
import {
  currentFrom,
  currentTopicsOf,
  NOTHING,
  samePartitions,
  type CurrentAssignment,
} from './assignment.ts';

/** The epochs with a meaning of their own (KIP-848). */
export const JOIN_EPOCH = 0;
export const LEAVE_EPOCH = -1;
/** A static member has left, and is to come back within its session timeout. */
export const STATIC_LEAVE_EPOCH = -2;

/** What a member told about itself. */
export type MemberFacts = Omit<ConsumerMemberStored, 'type' | 'groupId' | 'memberId'>;

/** Where its reconciliation stands. */
export interface MemberProgress {
  readonly epoch: number;
  /** The epoch before; the answer that brought the present one may have been lost. */
  readonly previousEpoch: number;
  readonly state: ConsumerMemberState;
  readonly assigned: CurrentAssignment;
  /** What it was told to give up, and may still own. */
  readonly pendingRevocation: CurrentAssignment;
}

/** A member of a consumer group; it never changes, a new one takes its place. */
export interface ConsumerMember extends MemberFacts, MemberProgress {
  readonly memberId: string;
}

const UNKNOWN_FACTS: MemberFacts = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopics: [],
  subscribedRegex: null,
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

const NO_PROGRESS: MemberProgress = {
  epoch: JOIN_EPOCH,
  previousEpoch: JOIN_EPOCH,
  state: 'stable',
  assigned: NOTHING,
  pendingRevocation: NOTHING,
};

export function newMember(memberId: string): ConsumerMember {
  return { memberId, ...UNKNOWN_FACTS, ...NO_PROGRESS };
}

export function fencedMember(why: string): BrokerError {
  const message = `The member ${why}; it must abandon all its partitions and rejoin.`;
  return new BrokerError('FENCED_MEMBER_EPOCH', message);
}

/** The member has all it is to have, and nothing else. */
export function isReconciledTo(member: MemberProgress, targetEpoch: number): boolean {
  return member.state === 'stable' && member.epoch === targetEpoch;
}

export function memberStored(groupId: string, member: ConsumerMember): ConsumerMemberStored {
  const { memberId, instanceId, rackId, clientId, clientHost } = member;
  const { subscribedTopics, subscribedRegex, rebalanceTimeoutMs, serverAssignor, classic } = member;
  return {
    type: 'consumer-member-stored',
    ...{ groupId, memberId, instanceId, rackId, clientId, clientHost },
    ...{ subscribedTopics, subscribedRegex, rebalanceTimeoutMs, serverAssignor, classic },
  };
}

/** An empty regular expression is none: Kafka's clients unsubscribe with it. */
export function withFacts(member: ConsumerMember, event: ConsumerMemberStored): ConsumerMember {
  const { instanceId, rackId, clientId, clientHost } = event;
  const { subscribedTopics, rebalanceTimeoutMs, serverAssignor, classic } = event;
  return {
    ...member,
    ...{ instanceId, rackId, clientId, clientHost },
    ...{ subscribedTopics, rebalanceTimeoutMs, serverAssignor, classic },
    subscribedRegex: event.subscribedRegex || null,
  };
}

export function currentStored(
  groupId: string,
  member: ConsumerMember,
): ConsumerCurrentAssignmentStored {
  return {
    type: 'consumer-current-assignment-stored',
    groupId,
    memberId: member.memberId,
    memberEpoch: member.epoch,
    previousMemberEpoch: member.previousEpoch,
    state: member.state,
    assigned: currentTopicsOf(member.assigned),
    pendingRevocation: currentTopicsOf(member.pendingRevocation),
  };
}

export function withProgress(
  member: ConsumerMember,
  event: ConsumerCurrentAssignmentStored,
): ConsumerMember {
  return {
    ...member,
    epoch: event.memberEpoch,
    previousEpoch: event.previousMemberEpoch,
    state: event.state,
    assigned: currentFrom(event.assigned, event.memberEpoch),
    pendingRevocation: currentFrom(event.pendingRevocation, event.memberEpoch),
  };
}

export function withoutProgress(member: ConsumerMember): ConsumerMember {
  return { ...member, ...NO_PROGRESS, epoch: LEAVE_EPOCH, previousEpoch: LEAVE_EPOCH };
}

export function sameProgress(one: MemberProgress, other: MemberProgress): boolean {
  if (one === other) return true;
  return (
    one.epoch === other.epoch &&
    one.previousEpoch === other.previousEpoch &&
    one.state === other.state &&
    samePartitions(one.assigned, other.assigned) &&
    samePartitions(one.pendingRevocation, other.pendingRevocation)
  );
}

export function sameSubscription(one: MemberFacts, other: MemberFacts): boolean {
  if (one === other) return true;
  return (
    one.subscribedRegex === other.subscribedRegex &&
    one.subscribedTopics.length === other.subscribedTopics.length &&
    one.subscribedTopics.every((topic, index) => topic === other.subscribedTopics[index])
  );
}

export function sameFacts(one: MemberFacts, other: MemberFacts): boolean {
  if (one === other) return true;
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.serverAssignor === other.serverAssignor &&
    one.classic === other.classic &&
    sameSubscription(one, other)
  );
}
