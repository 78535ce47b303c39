import { BrokerError } from '../../error.ts';
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { sameProtocols } from '../classic/classic-member.ts';
import { refusedJoin } from '../classic/classic-step.ts';
import { topicsOf } from '../consumer/assignment.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import { newMember, type ConsumerMember } from '../consumer/consumer-member.ts';
import type { ConsumerDecision } from '../consumer/decision.ts';
import { advance, refuseWhenFull } from '../consumer/heartbeat.ts';
import {
  existingMember,
  knownMember,
  successorOf,
  type Speaker,
} from '../consumer/member-lookup.ts';
import { cancelTimer, rebalanceTimer, sessionTimer } from '../consumer/member-timers.ts';
import type { JoinGroup, JoinGroupReply } from '../group-commands.ts';
import {
  existingPartitions,
  subscribedTopicsOf,
  subscriptionOf,
  type EmbeddedSubscription,
} from './embedded-protocol.ts';
import type { MigrationEnvironment } from './migration-environment.ts';

/**
 * A member of the classic protocol joins a consumer group that has members (Kafka's classicGroupJoinToConsumerGroup). It is
 * answered at once and follows: the broker assigns, and its sync brings what it may have now. Throws a BrokerError when it is
 * refused.
 */
export function joinConsumerGroup(
  group: ConsumerGroup,
  command: JoinGroup,
  environment: MigrationEnvironment,
): ConsumerDecision<JoinGroupReply> {
  const speaker = speakerOf(group, command);
  refuseWhenFull(group, speaker, environment);
  refuseUnshared(group, command);
  if (command.requiresMemberId && command.memberId === '' && command.instanceId === null) {
    const answer = refusedJoin(command.newMemberId, 'MEMBER_ID_REQUIRED');
    return { events: [], effects: [], answer };
  }
  const subscription = subscriptionOf(command.protocols, environment.embedded);
  if (!subscription) {
    // As Kafka answers it, by an IllegalStateException.
    throw new BrokerError('UNKNOWN_SERVER_ERROR', 'the embedded consumer protocol is malformed');
  }
  if (subscription.ownedPartitions.length > 0) refuseFenced(group, command);
  const told = withJoin(speaker.member, command, subscription);
  const owned = topicsOf(existingPartitions(subscription.ownedPartitions, environment.topics));
  const { events, reached } = advance(group, { speaker, told, owned }, environment);
  return {
    events,
    effects: [
      cancelTimer(group.id, told.memberId, 'consumer-join'),
      sessionTimer(group.id, told, environment.settings),
      rebalanceTimer(group.id, told, 'consumer-sync'),
    ],
    answer: joined(reached, command),
    awaitedJoin: { memberId: told.memberId, isAwaited: false },
  };
}

/** A static member without an id takes the place of its older self, whichever protocol that speaks, and at any time. */
function speakerOf(group: ConsumerGroup, command: JoinGroup): Speaker {
  const { memberId, newMemberId, instanceId } = command;
  const id = memberId === '' ? newMemberId : memberId;
  if (instanceId === null) {
    return { member: group.members.get(id) ?? newMember(id), replaces: null };
  }
  if (memberId !== '') return { member: existingMember(group, command), replaces: null };
  const present = group.staticMember(instanceId);
  return present ? successorOf(present, id) : { member: newMember(id), replaces: null };
}

/**
 * A member that owns something under an id that is unknown was fenced, and others may have what it owns. Kafka lets it in, and
 * it goes on consuming until it hears its assignment; here it hears that it is to give up all first, as in a classic group.
 */
function refuseFenced(group: ConsumerGroup, { memberId }: JoinGroup): void {
  if (memberId !== '') knownMember(group, memberId);
}

/** It shares a protocol with all others that speak the classic one (Kafka's supportsClassicProtocols). */
function refuseUnshared(group: ConsumerGroup, { protocolType, protocols }: JoinGroup): void {
  let shared = protocols.map(({ name }) => name);
  for (const { classic } of group.members.values()) {
    if (classic === null) continue;
    shared = shared.filter(name => classic.protocols.some(each => each.name === name));
  }
  if (protocolType === CONSUMER_PROTOCOL_TYPE && shared.length > 0) return;
  const message = "The member's protocols are not those of the group.";
  throw new BrokerError('INCONSISTENT_GROUP_PROTOCOL', message);
}

/** Neither a regular expression nor an assignor can be named in the classic protocol. */
function withJoin(
  member: ConsumerMember,
  command: JoinGroup,
  subscription: EmbeddedSubscription,
): ConsumerMember {
  const { clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = command;
  const { classic } = member;
  const isSame =
    classic?.sessionTimeoutMs === sessionTimeoutMs && sameProtocols(classic.protocols, protocols);
  return {
    ...member,
    ...{ clientId, clientHost, rebalanceTimeoutMs },
    instanceId: command.instanceId ?? member.instanceId,
    rackId: subscription.rackId ?? member.rackId,
    subscribedTopics: subscribedTopicsOf(subscription),
    subscribedRegex: null,
    serverAssignor: null,
    classic: isSame ? classic : { sessionTimeoutMs, protocols },
  };
}

/** Nobody leads; the protocol is the first that the member named, for it has no meaning but that. */
function joined({ memberId, epoch }: ConsumerMember, { protocols }: JoinGroup): JoinGroupReply {
  return {
    error: null,
    memberId,
    generationId: epoch,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: protocols[0]!.name,
    leaderId: '',
    skipAssignment: false,
    members: [],
  };
}
