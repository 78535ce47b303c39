import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { timerKey, type ConsumerTimer, type TimerEffect } from './decision.ts';
import type { ConsumerGroupSettings } from './environment.ts';

/** The member is fenced when it is not heard of for so long. */
export function sessionTimer(
  groupId: string,
  memberId: string,
  { sessionTimeoutMs }: ConsumerGroupSettings,
): TimerEffect {
  const key = timerKey({ kind: 'consumer-session', groupId, memberId });
  return { kind: 'timer', key, ms: sessionTimeoutMs };
}

/** The member is fenced when it does not give up in time what it is told to. */
export function rebalanceTimer(groupId: string, member: ConsumerMember): TimerEffect {
  const { memberId, rebalanceTimeoutMs } = member;
  const key = timerKey({ kind: 'consumer-rebalance', groupId, memberId });
  return { kind: 'timer', key, ms: rebalanceTimeoutMs };
}

export function cancelTimer(
  groupId: string,
  memberId: string,
  kind: ConsumerTimer['kind'],
): TimerEffect {
  return { kind: 'cancel-timer', key: timerKey({ kind, groupId, memberId }) };
}

/** The timers of a group that was just read from the log: every member gets a whole session. */
export function timersOfLoaded(
  group: ConsumerGroup,
  settings: ConsumerGroupSettings,
): TimerEffect[] {
  const effects: TimerEffect[] = [];
  for (const member of group.members.values()) {
    effects.push(sessionTimer(group.id, member.memberId, settings));
    if (member.state === 'unrevoked-partitions' && member.classic === null) {
      effects.push(rebalanceTimer(group.id, member));
    }
  }
  return effects;
}
