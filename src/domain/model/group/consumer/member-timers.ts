import type { ConsumerGroup } from './consumer-group.ts';
import { STATIC_LEAVE_EPOCH, type ConsumerMember } from './consumer-member.ts';
import { KINDS, timerKey, type ConsumerTimer, type TimerEffect } from './decision.ts';
import type { ConsumerGroupSettings } from './environment.ts';

/** The member is fenced when it is not heard of for so long; one of the classic protocol says how long that is. */
export function sessionTimer(
  groupId: string,
  { memberId, classic }: ConsumerMember,
  { sessionTimeoutMs }: ConsumerGroupSettings,
): TimerEffect {
  const key = timerKey({ kind: 'consumer-session', groupId, memberId });
  return { kind: 'timer', key, ms: classic?.sessionTimeoutMs ?? sessionTimeoutMs };
}

/**
 * The member is fenced when it does not give up in time what it is told to; one of the classic protocol, when it does not
 * join again, or does not sync.
 */
export function rebalanceTimer(
  groupId: string,
  { memberId, rebalanceTimeoutMs }: ConsumerMember,
  kind: Exclude<ConsumerTimer['kind'], 'consumer-session'> = 'consumer-rebalance',
): TimerEffect {
  return { kind: 'timer', key: timerKey({ kind, groupId, memberId }), ms: rebalanceTimeoutMs };
}

export function cancelTimer(
  groupId: string,
  memberId: string,
  kind: ConsumerTimer['kind'],
): TimerEffect {
  return { kind: 'cancel-timer', key: timerKey({ kind, groupId, memberId }) };
}

/** All that a member may have. */
export function cancelTimers(groupId: string, memberId: string): TimerEffect[] {
  return KINDS.map(kind => cancelTimer(groupId, memberId, kind));
}

/** The timers of a group that was just read from the log: every member gets a whole session. */
export function timersOfLoaded(
  group: ConsumerGroup,
  settings: ConsumerGroupSettings,
): TimerEffect[] {
  const effects: TimerEffect[] = [];
  for (const member of group.members.values()) {
    effects.push(sessionTimer(group.id, member, settings));
    if (isToGiveUp(member)) effects.push(rebalanceTimer(group.id, member));
  }
  return effects;
}

/** Whether the member is bound by its rebalance timeout; one that has left for a while is bound by its session alone. */
export function isToGiveUp({ state, classic, epoch }: ConsumerMember): boolean {
  return state === 'unrevoked-partitions' && classic === null && epoch !== STATIC_LEAVE_EPOCH;
}
