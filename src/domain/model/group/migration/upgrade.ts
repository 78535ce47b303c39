import { BrokerError } from '../../error.ts';
import type { Assignment } from '../assignors/assignor.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { ClassicMember } from '../classic/classic-member.ts';
import { refusedJoin, refusedSync, type ClassicStep } from '../classic/classic-step.ts';
import {
  joinTimer,
  sessionTimer as classicSessionTimer,
  syncTimer,
} from '../classic/timer-keys.ts';
import { topicsOf } from '../consumer/assignment.ts';
import { ConsumerGroup } from '../consumer/consumer-group.ts';
import {
  currentStored,
  memberStored,
  newMember,
  type ConsumerMember,
} from '../consumer/consumer-member.ts';
import type { TimerEffect } from '../consumer/decision.ts';
import { sessionTimer } from '../consumer/member-timers.ts';
import type { ConsumerGroupEvent, GroupEvent } from '../group-events.ts';
import {
  subscribedTopicsOf,
  subscriptionOf,
  type EmbeddedSubscription,
} from './embedded-protocol.ts';
import { heldPartitions } from './held-partitions.ts';
import type { MigrationEnvironment } from './migration-environment.ts';

/** A consumer group that a classic group becomes when `events` are applied; `group` is as it will be then. */
export interface Upgrade {
  readonly group: ConsumerGroup;
  readonly events: readonly GroupEvent[];
  readonly effects: readonly TimerEffect[];
}

/**
 * Makes a consumer group of a classic one whose members stay, as members that speak the classic protocol (Kafka's
 * ConsumerGroup.fromClassicGroup). Nobody's partitions change: each member has what it was last assigned, in the epoch that
 * its generation becomes. Members that wait for their first generation have nothing, and join anew. Throws GROUP_ID_NOT_FOUND
 * where the policy or the members do not allow it.
 */
export function upgradeGroup(classic: ClassicGroup, environment: MigrationEnvironment): Upgrade {
  refuseUpgrade(classic, environment);
  const members = converted(classic, environment);
  const created = createdEvents(classic, members, environment.nowMs);
  const group = new ConsumerGroup(classic.groupId);
  for (const event of created) group.apply(event);
  return {
    group,
    events: [{ type: 'classic-group-deleted', groupId: classic.groupId }, ...created],
    effects: [
      ...classicTimersEnded(classic),
      ...members.map(member => sessionTimer(classic.groupId, member, environment.settings)),
    ],
  };
}

/** Whoever waits in the classic group that is no more joins again, now in the consumer group. */
export function sendBack(step: ClassicStep): void {
  for (const member of step.group.members.values()) {
    step.answerJoin(member, refusedJoin(member.memberId, 'REBALANCE_IN_PROGRESS'));
    step.answerSync(member, refusedSync('REBALANCE_IN_PROGRESS'));
  }
}

/** Kafka's validateOnlineUpgrade. */
function refuseUpgrade(classic: ClassicGroup, { broker, settings }: MigrationEnvironment): void {
  const { migrationPolicy } = broker;
  if (migrationPolicy !== 'bidirectional' && migrationPolicy !== 'upgrade') {
    throw refusal(classic, 'the online upgrade is disabled');
  }
  if (!classic.usesConsumerProtocol) {
    throw refusal(classic, 'it does not use the embedded consumer protocol');
  }
  if (classic.members.size > settings.maxSize) {
    throw refusal(classic, `it has more than ${settings.maxSize} members`);
  }
}

function refusal({ groupId }: ClassicGroup, why: string): BrokerError {
  const message = `Group ${groupId} is not a consumer group, and cannot be upgraded: ${why}.`;
  return new BrokerError('GROUP_ID_NOT_FOUND', message);
}

function converted(classic: ClassicGroup, environment: MigrationEnvironment): ConsumerMember[] {
  const said = new Map<ClassicMember, EmbeddedSubscription>();
  for (const member of classic.members.values()) {
    const subscription = subscriptionOf(member.protocols, environment.embedded);
    if (!subscription) throw refusal(classic, 'the embedded consumer protocol is malformed');
    if (!member.isNew) said.set(member, subscription);
  }
  const held = heldPartitions(said, environment);
  if (held === null) throw refusal(classic, 'the embedded consumer protocol is malformed');
  return Array.from(said, ([member, subscription]) =>
    convert(member, { subscription, held: held.get(member)!, epoch: classic.generationId }),
  );
}

interface Holding {
  readonly subscription: EmbeddedSubscription;
  readonly held: Assignment;
  readonly epoch: number;
}

function convert(member: ClassicMember, { subscription, held, epoch }: Holding): ConsumerMember {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member;
  const { sessionTimeoutMs, protocols } = member;
  return {
    ...newMember(memberId),
    ...{ instanceId, clientId, clientHost, rebalanceTimeoutMs },
    rackId: subscription.rackId,
    subscribedTopics: subscribedTopicsOf(subscription),
    classic: { sessionTimeoutMs, protocols },
    epoch,
    previousEpoch: epoch,
    assigned: new Map(
      Array.from(held, ([topicId, partitions]) => [
        topicId,
        new Map(Array.from(partitions, partition => [partition, epoch])),
      ]),
    ),
  };
}

/** The order is Kafka's (createConsumerGroupRecords). */
function createdEvents(
  { groupId, generationId }: ClassicGroup,
  members: readonly ConsumerMember[],
  nowMs: number,
): ConsumerGroupEvent[] {
  return [
    ...members.map(member => memberStored(groupId, member)),
    { type: 'consumer-group-stored', groupId, epoch: generationId, metadataHash: 0n },
    ...members.map(({ memberId, assigned }) => {
      const topics = topicsOf(assigned);
      return { type: 'consumer-target-assignment-stored', groupId, memberId, topics } as const;
    }),
    {
      type: 'consumer-target-epoch-stored',
      groupId,
      assignmentEpoch: generationId,
      assignmentTimestampMs: nowMs,
    },
    ...members.map(member => currentStored(groupId, member)),
  ];
}

function classicTimersEnded({ groupId, members, pendingJoins }: ClassicGroup): TimerEffect[] {
  const ids = [...members.keys(), ...pendingJoins];
  const keys = ids.map(memberId => classicSessionTimer(groupId, memberId));
  keys.push(joinTimer(groupId), syncTimer(groupId));
  return keys.map(key => ({ kind: 'cancel-timer', key }));
}
