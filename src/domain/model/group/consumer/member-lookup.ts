import { BrokerError } from '../../error.ts';
import { isWithin } from './assignment.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import {
  fencedMember,
  JOIN_EPOCH,
  newMember,
  STATIC_LEAVE_EPOCH,
  type ConsumerMember,
} from './consumer-member.ts';
import type { ConsumerHeartbeat } from './heartbeat-request.ts';

/** The member that a heartbeat speaks for. */
export interface Speaker {
  readonly member: ConsumerMember;
  /** The static member that left, whose place it takes. */
  readonly replaces: ConsumerMember | null;
}

/** Finds or makes the member; throws what fences it (Kafka's getOrMaybeSubscribe{Dynamic,Static}ConsumerGroupMember). */
export function speakerOf(group: ConsumerGroup, request: ConsumerHeartbeat): Speaker {
  if (request.memberEpoch === JOIN_EPOCH) return joiner(group, request);
  const member = existingMember(group, request);
  validateEpoch(member, request);
  return { member, replaces: null };
}

/** A member that knows its id, but for the epoch; throws UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. */
export function existingMember(
  group: ConsumerGroup,
  request: Pick<ConsumerHeartbeat, 'memberId' | 'instanceId'>,
): ConsumerMember {
  const { memberId, instanceId } = request;
  if (instanceId === null) return knownMember(group, memberId);
  const member = group.staticMember(instanceId);
  if (!member) throw new BrokerError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`);
  if (member.memberId !== memberId) {
    const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`;
    throw new BrokerError('FENCED_INSTANCE_ID', message);
  }
  return member;
}

export function knownMember(group: ConsumerGroup, memberId: string): ConsumerMember {
  const member = group.members.get(memberId);
  if (member) return member;
  const message = `Member ${memberId} is not a member of group ${group.id}.`;
  throw new BrokerError('UNKNOWN_MEMBER_ID', message);
}

/**
 * A member that joins again under its id, as a client does when it was fenced, owns nothing, says so, and goes on from where
 * it stood; Kafka 4.0 fences it until its session ends.
 */
function joiner(group: ConsumerGroup, { memberId, instanceId }: ConsumerHeartbeat): Speaker {
  const present = instanceId === null ? undefined : group.staticMember(instanceId);
  if (!present || present.memberId === memberId) {
    return { member: group.members.get(memberId) ?? newMember(memberId), replaces: null };
  }
  if (present.epoch !== STATIC_LEAVE_EPOCH && present.classic === null) {
    const message = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${present.memberId} member.`;
    throw new BrokerError('UNRELEASED_INSTANCE_ID', message);
  }
  return successorOf(present, memberId);
}

/** A static member that comes back under a new id, with what it had under the old one. */
export function successorOf(replaces: ConsumerMember, memberId: string): Speaker {
  const member = { ...replaces, memberId, epoch: JOIN_EPOCH, previousEpoch: JOIN_EPOCH };
  return { member, replaces };
}

/**
 * The epoch is the present one, or the one before from a member that has no more than it should: the answer with the new
 * epoch may have been lost.
 */
function validateEpoch(member: ConsumerMember, { memberEpoch, owned }: ConsumerHeartbeat): void {
  if (memberEpoch === member.epoch) return;
  if (memberEpoch > member.epoch) throw fencedMember(`is ahead of its epoch ${member.epoch}`);
  const lostAnswer = memberEpoch === member.previousEpoch;
  if (lostAnswer && owned !== null && isWithin(owned, member.assigned)) return;
  throw fencedMember(`is behind its epoch ${member.epoch}`);
}
