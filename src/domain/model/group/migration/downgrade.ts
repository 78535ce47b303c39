import { addPartition, type Assignment, type MutableAssignment } from '../assignors/assignor.ts';
import { CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { joinTimer, sessionTimer } from '../classic/timer-keys.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { ConsumerMember } from '../consumer/consumer-member.ts';
import type { TimerEffect } from '../consumer/decision.ts';
import { groupRemoved } from '../consumer/member-removal.ts';
import { cancelTimers } from '../consumer/member-timers.ts';
import { bytesOf } from '../event-size.ts';
import type {
  ClassicGroupStored,
  ClassicMemberFacts,
  ClassicProtocol,
  GroupEvent,
} from '../group-events.ts';
import { classicSpeakersLeft, type ClassicSpeaker } from './classic-speakers.ts';
import { writeNamed } from './embedded-protocol.ts';
import type { MigrationEnvironment } from './migration-environment.ts';

/** A classic group that a consumer group becomes, in place of what was decided. */
export interface Downgrade {
  readonly events: readonly GroupEvent[];
  readonly effects: readonly TimerEffect[];
}

/**
 * What happens instead of `decided` when that takes away the last member of the consumer protocol, leaves members of the
 * classic one, and the policy allows it; else null. The group goes back to being a classic one, with its epoch for a
 * generation, and its members join again (Kafka's convertToClassicGroup). Members keep what they have, where Kafka gives them
 * what they were to have, which others may not have given up yet. Nobody leads until they have joined.
 */
export function downgradeAfter(
  group: ConsumerGroup,
  decided: readonly GroupEvent[],
  environment: MigrationEnvironment,
): Downgrade | null {
  const members = classicSpeakersLeft(group, decided);
  if (members === null) return null;
  const { migrationPolicy, maxSize, maxEventBytes } = environment.broker;
  if (migrationPolicy !== 'bidirectional' && migrationPolicy !== 'downgrade') return null;
  if (members.length > maxSize) return null;
  const stored = classicGroupStored(group, members, environment);
  if (stored === null) return null;
  const events = [...groupRemoved(group), stored];
  if (bytesOf(events) > maxEventBytes) return null;
  return { events, effects: timersAfter(group, members) };
}

/** Null when the members have no protocol in common, or one of them is not understood. */
function classicGroupStored(
  group: ConsumerGroup,
  members: readonly ClassicSpeaker[],
  environment: MigrationEnvironment,
): ClassicGroupStored | null {
  const protocolName = commonProtocol(members.map(({ classic }) => classic.protocols));
  if (protocolName === null) return null;
  const facts: ClassicMemberFacts[] = [];
  for (const member of members) {
    const subscription = member.classic.protocols.find(({ name }) => name === protocolName)!;
    const version = environment.embedded.readSubscription(subscription.metadata)?.version;
    if (version === undefined) return null;
    facts.push({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.classic.sessionTimeoutMs,
      subscription: subscription.metadata,
      assignment: writeNamed(heldBy(member), version, environment),
    });
  }
  return {
    type: 'classic-group-stored',
    groupId: group.id,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    generationId: group.epoch,
    protocolName,
    leaderId: null,
    stateTimestampMs: environment.nowMs,
    members: facts,
  };
}

/** One that all support; the members elect anew when they have joined. */
function commonProtocol(supported: readonly (readonly ClassicProtocol[])[]): string | null {
  const [first, ...others] = supported;
  const common = first!.find(({ name }) =>
    others.every(protocols => protocols.some(each => each.name === name)),
  );
  return common?.name ?? null;
}

/** What it has, and what it was told to give up, and may still have. */
function heldBy({ assigned, pendingRevocation }: ConsumerMember): Assignment {
  const held: MutableAssignment = new Map();
  for (const part of [assigned, pendingRevocation]) {
    for (const [topicId, partitions] of part) {
      for (const partition of partitions.keys()) addPartition(held, topicId, partition);
    }
  }
  return held;
}

/** Those of the consumer group end; each member has a session of its own time, and all have the time to join. */
function timersAfter(group: ConsumerGroup, members: readonly ClassicSpeaker[]): TimerEffect[] {
  const groupId = group.id;
  const ended = [...group.members.keys()].flatMap(memberId => cancelTimers(groupId, memberId));
  const sessions = members.map(({ memberId, classic }): TimerEffect => ({
    kind: 'timer',
    key: sessionTimer(groupId, memberId),
    ms: classic.sessionTimeoutMs,
  }));
  const joinMs = Math.max(...members.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
  return [...ended, ...sessions, { kind: 'timer', key: joinTimer(groupId), ms: joinMs }];
}
