import { BrokerError } from '../../error.ts';
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { refusedSync } from '../classic/classic-step.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { ConsumerMember } from '../consumer/consumer-member.ts';
import type { ConsumerDecision } from '../consumer/decision.ts';
import { stepEpoch } from '../consumer/group-epoch.ts';
import { existingMember } from '../consumer/member-lookup.ts';
import { fenceAll } from '../consumer/member-removal.ts';
import { cancelTimer, rebalanceTimer, sessionTimer } from '../consumer/member-timers.ts';
import type {
  Heartbeat,
  HeartbeatReply,
  LeaveGroup,
  LeaveGroupReply,
  LeavingMember,
  MemberClaim,
  SyncGroup,
  SyncGroupReply,
} from '../group-commands.ts';
import { speaksClassic, type ClassicSpeaker } from './classic-speakers.ts';
import { subscriptionOf, writeNamed } from './embedded-protocol.ts';
import type { MigrationEnvironment } from './migration-environment.ts';

/**
 * A member of the classic protocol asks for what it may have now (Kafka's classicGroupSyncToConsumerGroup). Throws
 * UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION or INCONSISTENT_GROUP_PROTOCOL. One that is to join again first is
 * told so; one that is to give something up hears what it keeps.
 */
export function syncConsumerGroup(
  group: ConsumerGroup,
  command: SyncGroup,
  environment: MigrationEnvironment,
): ConsumerDecision<SyncGroupReply> {
  const member = claimant(group, command);
  const { protocols } = member.classic;
  const protocolName = protocols[0]!.name;
  refuseOtherProtocol(command, protocolName);
  if (group.epoch > member.epoch && member.state !== 'unrevoked-partitions') {
    const answer = refusedSync('REBALANCE_IN_PROGRESS');
    return { events: [], ...joinAwaited(group, member), answer };
  }
  const version = subscriptionOf(protocols, environment.embedded)?.version ?? 0;
  return {
    events: [],
    effects: [
      cancelTimer(group.id, member.memberId, 'consumer-sync'),
      sessionTimer(group.id, member, environment.settings),
    ],
    answer: {
      error: null,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocolName,
      assignment: writeNamed(member.assigned, version, environment),
    },
  };
}

/** Old clients do not say which protocol they mean. */
function refuseOtherProtocol({ protocolType, protocolName }: SyncGroup, name: string): void {
  const isSame = (protocolType ?? CONSUMER_PROTOCOL_TYPE) === CONSUMER_PROTOCOL_TYPE;
  if (isSame && (protocolName ?? name) === name) return;
  const message = `The protocol is ${protocolName} of type ${protocolType}, not ${name}.`;
  throw new BrokerError('INCONSISTENT_GROUP_PROTOCOL', message);
}

/**
 * A member of the classic protocol is alive, and learns whether to join again (Kafka's classicGroupHeartbeatToConsumerGroup);
 * it has its rebalance timeout for that. Topics that have changed are noticed here too, for members of the consumer protocol
 * may be missing. Throws as a sync.
 */
export function heartbeatToConsumerGroup(
  group: ConsumerGroup,
  command: Heartbeat,
  environment: MigrationEnvironment,
): ConsumerDecision<HeartbeatReply> {
  const member = claimant(group, command);
  const step = stepEpoch(group, { from: member, to: member }, environment);
  group.seen = step.seen;
  const rejoins = isToJoinAgain(group, member, step.epoch);
  const session = sessionTimer(group.id, member, environment.settings);
  const answer = { error: rejoins ? ('REBALANCE_IN_PROGRESS' as const) : null };
  if (!rejoins) return { events: step.events, effects: [session], answer };
  const { effects, ...noted } = joinAwaited(group, member);
  return { events: step.events, effects: [session, ...effects], answer, ...noted };
}

/** There is a newer epoch, it is to say that it gave something up, or what it waits for is free. */
function isToJoinAgain(group: ConsumerGroup, member: ConsumerMember, epoch: number): boolean {
  if (member.epoch < epoch || member.state === 'unrevoked-partitions') return true;
  return member.state === 'unreleased-partitions' && !waitsForOthers(group, member);
}

/** Kafka's waitingOnUnreleasedPartition. */
function waitsForOthers(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.targetOf(memberId)) {
    for (const partition of partitions) {
      if (assigned.get(topicId)?.has(partition)) continue;
      if (group.owners.ownerOf(topicId, partition) !== undefined) return true;
    }
  }
  return false;
}

/** Each heartbeat is told the same; the time runs from the first. */
function joinAwaited(
  group: ConsumerGroup,
  member: ConsumerMember,
): Pick<ConsumerDecision<unknown>, 'effects' | 'awaitedJoin'> {
  const { memberId } = member;
  if (group.awaitsJoinOf(memberId)) return { effects: [] };
  const effects = [rebalanceTimer(group.id, member, 'consumer-join')];
  return { effects, awaitedJoin: { memberId, isAwaited: true } };
}

/**
 * Members of the classic protocol leave, each by its id, or by its instance's alone; one that cannot does not keep the others
 * (Kafka's classicGroupLeaveToConsumerGroup).
 */
export function leaveConsumerGroup(
  group: ConsumerGroup,
  command: LeaveGroup,
  environment: MigrationEnvironment,
): ConsumerDecision<LeaveGroupReply> {
  const leaving = new Set<ConsumerMember>();
  const members = command.members.map(given => {
    try {
      const member = leaverOf(group, given, leaving);
      leaving.add(member);
      return { ...given, memberId: member.memberId, error: null };
    } catch (error) {
      if (error instanceof BrokerError) return { ...given, error: error.code };
      throw error;
    }
  });
  const { events, effects } = leaving.size
    ? fenceAll(group, [...leaving], environment)
    : { events: [], effects: [] };
  return { events, effects, answer: { error: null, members } };
}

function leaverOf(
  group: ConsumerGroup,
  { memberId, instanceId }: LeavingMember,
  leaving: ReadonlySet<ConsumerMember>,
): ConsumerMember {
  const byInstance = memberId === '' && instanceId !== null ? group.staticMember(instanceId) : null;
  const member = byInstance ?? existingMember(group, { memberId, instanceId });
  if (leaving.has(member)) throw unknownMember(member);
  return classicSpeaker(member);
}

/** The member that a request speaks for, in its present epoch. */
function claimant(group: ConsumerGroup, claim: MemberClaim): ClassicSpeaker {
  const member = classicSpeaker(existingMember(group, claim));
  if (claim.generationId === member.epoch) return member;
  const message = `The generation ${claim.generationId} is not the member's epoch ${member.epoch}.`;
  throw new BrokerError('ILLEGAL_GENERATION', message);
}

function classicSpeaker(member: ConsumerMember): ClassicSpeaker {
  if (speaksClassic(member)) return member;
  throw unknownMember(member);
}

function unknownMember({ memberId }: ConsumerMember): BrokerError {
  const message = `Member ${memberId} is no member of the classic protocol.`;
  return new BrokerError('UNKNOWN_MEMBER_ID', message);
}
