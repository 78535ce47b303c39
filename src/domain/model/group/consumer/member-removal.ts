import type { ConsumerGroupEvent } from '../group-events.ts';
import { NOTHING } from './assignment.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { currentStored, STATIC_LEAVE_EPOCH, type ConsumerMember } from './consumer-member.ts';
import type { ConsumerDecision, ConsumerTimer } from './decision.ts';
import type { GroupEnvironment } from './environment.ts';
import { stepEpoch } from './group-epoch.ts';
import type { ConsumerHeartbeat, ConsumerHeartbeatAnswer } from './heartbeat-request.ts';
import { existingMember } from './member-lookup.ts';
import { cancelTimer, cancelTimers, isToGiveUp } from './member-timers.ts';

/** The tombstones of a member, in the order that Kafka's replay asks for. */
export function memberRemoved(groupId: string, memberId: string): ConsumerGroupEvent[] {
  return [
    { type: 'consumer-current-assignment-deleted', groupId, memberId },
    { type: 'consumer-target-assignment-deleted', groupId, memberId },
    { type: 'consumer-member-deleted', groupId, memberId },
  ];
}

/** The member says that it leaves, for good or (a static one) for a while, in which its partitions wait for it. */
export function decideLeave(
  group: ConsumerGroup,
  request: ConsumerHeartbeat,
  environment: GroupEnvironment,
): ConsumerDecision<ConsumerHeartbeatAnswer> {
  const member = existingMember(group, request);
  const { memberId, memberEpoch } = request;
  const answer = { memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null };
  if (memberEpoch === STATIC_LEAVE_EPOCH) return { ...pause(group, member), answer };
  return { ...fence(group, member, environment), answer };
}

/** Its session goes on, so that it is fenced when it does not come back in time. */
function pause(group: ConsumerGroup, member: ConsumerMember): ConsumerDecision<null> {
  const gone = { ...member, epoch: STATIC_LEAVE_EPOCH, pendingRevocation: NOTHING };
  return {
    events: [currentStored(group.id, gone)],
    effects: [cancelTimer(group.id, member.memberId, 'consumer-rebalance')],
    answer: null,
  };
}

/** Takes a member out. The target is made anew with the next heartbeat of another member, as in Kafka. */
export function fence(
  group: ConsumerGroup,
  member: ConsumerMember,
  environment: GroupEnvironment,
): ConsumerDecision<null> {
  return fenceAll(group, [member], environment);
}

/** Takes members out, in one group epoch. */
export function fenceAll(
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
  environment: GroupEnvironment,
): ConsumerDecision<null> {
  const step = stepEpoch(group, { from: null, to: null, leaving: members }, environment);
  group.seen = step.seen;
  const removed = members.flatMap(({ memberId }) => memberRemoved(group.id, memberId));
  return {
    events: [...removed, ...step.events],
    effects: members.flatMap(({ memberId }) => cancelTimers(group.id, memberId)),
    answer: null,
  };
}

/** A timer of a member has run out; one that is not due any more does nothing. */
export function decideTimeout(
  group: ConsumerGroup,
  { kind, memberId }: ConsumerTimer,
  environment: GroupEnvironment,
): ConsumerDecision<null> {
  const member = group.members.get(memberId);
  if (!member || !isDue(kind, member)) return { events: [], effects: [], answer: null };
  return fence(group, member, environment);
}

/** A member that has changed its protocol since is not bound by the timers of the other one. */
function isDue(kind: ConsumerTimer['kind'], member: ConsumerMember): boolean {
  switch (kind) {
    case 'consumer-session':
      return true;
    case 'consumer-rebalance':
      return isToGiveUp(member);
    case 'consumer-join':
    case 'consumer-sync':
      return member.classic !== null;
  }
}

/** The tombstones of a whole group, members that never left included. */
export function groupRemoved(group: ConsumerGroup): ConsumerGroupEvent[] {
  const groupId = group.id;
  const events: ConsumerGroupEvent[] = [];
  for (const memberId of group.members.keys()) events.push(...memberRemoved(groupId, memberId));
  for (const regex of group.regexes.keys()) {
    events.push({ type: 'consumer-regex-deleted', groupId, regex });
  }
  events.push({ type: 'consumer-target-epoch-deleted', groupId });
  if (group.hasPartitionMetadata) {
    events.push({ type: 'consumer-partition-metadata-deleted', groupId });
  }
  events.push({ type: 'consumer-group-deleted', groupId });
  return events;
}
