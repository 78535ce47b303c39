import type { Assignment } from '../assignors/assignor.ts';
import { BrokerError } from '../../error.ts';
import type { ConsumerGroupEvent } from '../group-events.ts';
import { samePartitions, topicsOf } from './assignment.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import {
  currentStored,
  isReconciledTo,
  memberStored,
  sameFacts,
  sameProgress,
  type ConsumerMember,
} from './consumer-member.ts';
import type { ConsumerDecision, TimerEffect } from './decision.ts';
import type { GroupEnvironment } from './environment.ts';
import { stepEpoch, type EpochStep } from './group-epoch.ts';
import {
  isFull,
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
} from './heartbeat-request.ts';
import { speakerOf, type Speaker } from './member-lookup.ts';
import { memberRemoved } from './member-removal.ts';
import { cancelTimer, rebalanceTimer, sessionTimer } from './member-timers.ts';
import { reconcile, type Target } from './reconciliation.ts';
import { computeTarget, targetEvents } from './target-assignment.ts';

/**
 * A heartbeat of a member that does not leave (Kafka's GroupMetadataManager.consumerGroupHeartbeat): what it tells about itself
 * is stored, the group epoch follows its subscriptions and the topics, the target follows the group epoch, and the member is
 * brought one step nearer to its target. Throws a BrokerError for a member that is refused or fenced.
 */
export function decideHeartbeat(
  group: ConsumerGroup,
  request: ConsumerHeartbeat,
  environment: GroupEnvironment,
): ConsumerDecision<ConsumerHeartbeatAnswer> {
  const memberId = request.memberId || environment.newMemberId();
  const speaker = speakerOf(group, request.memberId === '' ? { ...request, memberId } : request);
  const told = withRequest(speaker.member, request);
  const { events, reached } = advance(group, { speaker, told, owned: request.owned }, environment);
  const changed = !samePartitions(reached.assigned, speaker.member.assigned);
  return {
    events,
    effects: timersAfter(group, { told, reached }, environment),
    answer: {
      memberId,
      memberEpoch: reached.epoch,
      heartbeatIntervalMs: environment.settings.heartbeatIntervalMs,
      assignment: isFull(request) || changed ? topicsOf(reached.assigned) : null,
    },
  };
}

/** A member that joins or goes on: who it was, what it says now, and what it says it owns. */
export interface Advance extends Pick<ConsumerHeartbeat, 'owned'> {
  readonly speaker: Speaker;
  readonly told: ConsumerMember;
}

/**
 * Stores what the member told, lets the group epoch and the target follow, and brings the member one step nearer to its
 * target, whichever protocol it speaks. Throws GROUP_MAX_SIZE_REACHED, and what fences the member.
 */
export function advance(
  group: ConsumerGroup,
  { speaker, told, owned }: Advance,
  environment: GroupEnvironment,
): { readonly events: ConsumerGroupEvent[]; readonly reached: ConsumerMember } {
  refuseWhenFull(group, speaker, environment);
  const events = [...replacementEvents(group, speaker)];
  if (!sameFacts(speaker.member, told)) events.push(memberStored(group.id, told));
  const known = speaker.replaces ?? group.members.get(told.memberId) ?? null;
  const former = formerSelf(group, speaker);
  const leaving = former === null ? [] : [former];
  const step = stepEpoch(group, { from: known, to: told, leaving }, environment);
  events.push(...step.events);
  const target = targetFor({ group, speaker, told, step }, environment, events);
  const reached = reconciled(group, told, { target, owned, former });
  if (!sameProgress(reached, told)) events.push(currentStored(group.id, reached));
  group.seen = step.seen;
  return { events, reached };
}

/**
 * What a member was that takes the place of another under an id that the group knows: it goes, and what it had is free for all,
 * in the same epoch. Kafka leaves that unassigned until the next change.
 */
function formerSelf(group: ConsumerGroup, { member, replaces }: Speaker): ConsumerMember | null {
  return replaces === null ? null : (group.members.get(member.memberId) ?? null);
}

/** A static member that comes back does not make the group larger. Throws GROUP_MAX_SIZE_REACHED. */
export function refuseWhenFull(
  group: ConsumerGroup,
  { member, replaces }: Speaker,
  { settings }: GroupEnvironment,
): void {
  const grows = replaces === null && !group.members.has(member.memberId);
  if (!grows || group.members.size < settings.maxSize) return;
  const message = `The consumer group has reached its maximum capacity of ${settings.maxSize} members.`;
  throw new BrokerError('GROUP_MAX_SIZE_REACHED', message);
}

/** The member with what the request tells; what it leaves out is as it was. Topics are in order, so that they compare. */
function withRequest(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  if (tellsNothing(member, request)) return member;
  const { subscribedTopics, subscribedRegex, rebalanceTimeoutMs } = request;
  return {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    subscribedTopics: subscribedTopics
      ? [...new Set(subscribedTopics)].sort()
      : member.subscribedTopics,
    subscribedRegex: subscribedRegex === null ? member.subscribedRegex : subscribedRegex || null,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: null,
  };
}

/** As nearly all heartbeats do. */
function tellsNothing(member: ConsumerMember, request: ConsumerHeartbeat): boolean {
  return (
    request.subscribedTopics === null &&
    request.subscribedRegex === null &&
    request.rebalanceTimeoutMs === -1 &&
    request.serverAssignor === null &&
    (request.instanceId ?? member.instanceId) === member.instanceId &&
    (request.rackId ?? member.rackId) === member.rackId &&
    request.clientId === member.clientId &&
    request.clientHost === member.clientHost &&
    member.classic === null
  );
}

/** The new member takes over what the static member before it had, and was to have (Kafka's replaceMember). */
function replacementEvents(
  group: ConsumerGroup,
  { member, replaces }: Speaker,
): ConsumerGroupEvent[] {
  if (replaces === null) return [];
  const { memberId } = member;
  const topics = topicsOf(group.targetOf(replaces.memberId));
  return [
    ...memberRemoved(group.id, replaces.memberId),
    memberStored(group.id, member),
    { type: 'consumer-target-assignment-stored', groupId: group.id, memberId, topics },
    currentStored(group.id, member),
  ];
}

interface Change {
  readonly group: ConsumerGroup;
  readonly speaker: Speaker;
  readonly told: ConsumerMember;
  readonly step: EpochStep;
}

/** The member's target; made anew for the whole group when the group epoch is ahead of it. */
function targetFor(
  { group, speaker, told, step }: Change,
  { topics, nowMs, settings }: GroupEnvironment,
  events: ConsumerGroupEvent[],
): Target {
  const replacedId = speaker.replaces?.memberId;
  const targetOf = (memberId: string): Assignment =>
    group.targetOf(memberId === told.memberId ? (replacedId ?? memberId) : memberId);
  if (step.epoch <= group.targetEpoch) {
    return { epoch: group.targetEpoch, assignment: targetOf(told.memberId) };
  }
  const others = [...group.members.values()].filter(
    ({ memberId }) => memberId !== told.memberId && memberId !== replacedId,
  );
  const members = [...others, told];
  const { assignors } = settings;
  const next = { group, members, regexes: step.regexes, topics, assignors, targetOf };
  const target = computeTarget(next);
  events.push(...targetEvents(next, target, { groupEpoch: step.epoch, nowMs }));
  return { epoch: step.epoch, assignment: target.get(told.memberId)! };
}

interface Reconciling extends Pick<ConsumerHeartbeat, 'owned'> {
  readonly target: Target;
  readonly former: ConsumerMember | null;
}

function reconciled(
  group: ConsumerGroup,
  member: ConsumerMember,
  { target, owned, former }: Reconciling,
): ConsumerMember {
  if (isReconciledTo(member, target.epoch)) return member;
  const isFree = (topicId: string, partition: number): boolean => {
    const owner = group.owners.ownerOf(topicId, partition);
    return owner === undefined || owner === former?.memberId;
  };
  return { ...member, ...reconcile(member, { target, isFree, owned }) };
}

interface Progress {
  readonly told: ConsumerMember;
  readonly reached: ConsumerMember;
}

/**
 * Every heartbeat is a new session; a member that is to give something up has its rebalance timeout for it. The session of a
 * static member that was replaced runs out by itself, and does nothing.
 */
function timersAfter(
  group: ConsumerGroup,
  { told, reached }: Progress,
  { settings }: GroupEnvironment,
): TimerEffect[] {
  const effects = [sessionTimer(group.id, told, settings)];
  if (sameProgress(reached, told)) return effects;
  if (reached.state === 'unrevoked-partitions') effects.push(rebalanceTimer(group.id, reached));
  else if (told.state === 'unrevoked-partitions') {
    effects.push(cancelTimer(group.id, told.memberId, 'consumer-rebalance'));
  }
  return effects;
}
