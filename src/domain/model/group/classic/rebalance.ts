import type { ClassicMember } from './classic-member.ts';
import { NO_ASSIGNMENT } from './classic-member.ts';
import { refusedSync, type ClassicStep } from './classic-step.ts';

/** Begins a rebalance if the group is not in one; otherwise sees whether the one under way is complete. */
export function rebalanceOrComplete(step: ClassicStep): void {
  if (step.group.state === 'PreparingRebalance') completeIfAllJoined(step);
  else prepareRebalance(step);
}

/** Asks the members to join again. The first rebalance of an empty group waits a while for more to come (KIP-134). */
export function prepareRebalance(step: ClassicStep): void {
  const { group, settings, turn } = step;
  if (group.state === 'CompletingRebalance') refuseSyncs(step);
  step.endSyncWait();
  if (group.isEmpty) {
    const delayMs = settings.initialRebalanceDelayMs;
    const leftMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0);
    group.enter('PreparingRebalance', turn.nowMs);
    group.initialDelay = { leftMs, stepMs: delayMs, joinedSince: false };
    step.setJoinTimer(delayMs);
    return;
  }
  group.enter('PreparingRebalance', turn.nowMs);
  if (group.allHaveJoined) completeJoin(step);
  else step.setJoinTimer(group.rebalanceTimeoutMs);
}

/** After somebody has come or gone. The first rebalance of an empty group ends by its timer alone. */
export function completeIfAllJoined(step: ClassicStep): void {
  const { group } = step;
  if (group.state !== 'PreparingRebalance' || group.initialDelay !== null) return;
  if (group.allHaveJoined) completeJoin(step);
}

/** The time to join is over, or the first rebalance's delay: that one goes on as long as more come, to its bound. */
export function joinTimeRanOut(step: ClassicStep): void {
  const { group, settings } = step;
  if (group.state !== 'PreparingRebalance') return;
  const delay = group.initialDelay;
  if (delay === null || !delay.joinedSince || delay.leftMs === 0) return completeJoin(step);
  const stepMs = Math.min(settings.initialRebalanceDelayMs, delay.leftMs);
  const leftMs = Math.max(delay.leftMs - delay.stepMs, 0);
  group.initialDelay = { leftMs, stepMs, joinedSince: false };
  step.setJoinTimer(stepMs);
}

/**
 * Begins the next generation with those who have joined, and static members, who are expected back (Kafka's
 * completeClassicGroupJoin).
 */
export function completeJoin(step: ClassicStep): void {
  const { group, turn } = step;
  step.cancelJoinTimer();
  for (const member of [...group.members.values()]) {
    if (member.parkedJoin === null && member.instanceId === null) step.remove(member.memberId);
  }
  if (group.members.size === 0) return becomeEmpty(step);
  if (!electJoinedLeader(step)) {
    // Static members alone, and none of them has joined: wait on.
    if (group.initialDelay) group.initialDelay.leftMs = 0;
    return step.setJoinTimer(group.rebalanceTimeoutMs);
  }
  group.beginGeneration(turn.nowMs);
  for (const member of group.members.values()) {
    step.answerJoin(member, step.joined(member));
    step.setSessionTimer(member);
    member.isNew = false;
    group.pendingSyncs.add(member.memberId);
  }
  step.setSyncTimer();
}

/** A member did not sync in time: those that did not are removed. */
export function syncTimeRanOut(step: ClassicStep): void {
  const { group } = step;
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
  if (group.pendingSyncs.size === 0) return;
  for (const memberId of [...group.pendingSyncs]) step.remove(memberId);
  prepareRebalance(step);
}

/** The members' assignments are void, and whoever waits for one joins again. */
export function refuseSyncs(
  step: ClassicStep,
  error: 'REBALANCE_IN_PROGRESS' | 'UNKNOWN_SERVER_ERROR' = 'REBALANCE_IN_PROGRESS',
): void {
  for (const member of step.group.members.values()) {
    member.assignment = NO_ASSIGNMENT;
    if (step.answerSync(member, refusedSync(error))) step.setSessionTimer(member);
  }
}

/** The record of the empty group makes it one. */
function becomeEmpty({ group, turn }: ClassicStep): void {
  turn.emit({
    type: 'classic-group-stored',
    groupId: group.groupId,
    protocolType: group.protocolType ?? '',
    generationId: group.generationId + 1,
    protocolName: null,
    leaderId: null,
    stateTimestampMs: turn.nowMs,
    members: [],
  });
}

/** The leader stays if it has joined; else whoever has. False if nobody has. */
function electJoinedLeader({ group }: ClassicStep): boolean {
  const hasJoined = (member: ClassicMember | undefined): boolean =>
    member !== undefined && member.parkedJoin !== null;
  if (group.leaderId !== null && hasJoined(group.members.get(group.leaderId))) return true;
  for (const member of group.members.values()) {
    if (!hasJoined(member)) continue;
    group.leaderId = member.memberId;
    return true;
  }
  return false;
}
