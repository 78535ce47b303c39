import type { JoinGroup } from '../group-commands.ts';
import type { ClassicGroup } from './classic-group.ts';
import { NO_ASSIGNMENT, sameProtocols, type ClassicMember } from './classic-member.ts';
import { refusedJoin, refusedSync, type ClassicStep } from './classic-step.ts';
import { completeIfAllJoined, prepareRebalance, rebalanceOrComplete } from './rebalance.ts';

/** How long somebody new may wait for its first generation: it does not heartbeat yet, and may be gone (KAFKA-7610). */
const NEW_MEMBER_TIMEOUT_MS = 5 * 60_000;

/** Kafka's classicGroupJoinToClassicGroup; the group is there. */
export function joinGroup(step: ClassicStep, command: JoinGroup): void {
  const { group, turn, settings } = step;
  const { memberId, replyTo } = command;
  if (!hasRoomFor(group, memberId, settings.maxSize)) {
    if (memberId !== '') step.remove(memberId);
    return turn.reply(replyTo, refusedJoin('', 'GROUP_MAX_SIZE_REACHED'));
  }
  if (!group.agreesOn(command.protocolType, command.protocols)) {
    return turn.reply(replyTo, refusedJoin(memberId, 'INCONSISTENT_GROUP_PROTOCOL'));
  }
  if (memberId !== '') joinAgain(step, command);
  else if (command.instanceId !== null) joinAsStatic(step, command, command.instanceId);
  else if (command.requiresMemberId) giveMemberId(step, command);
  else addMember(step, command, command.newMemberId);
}

/** In a rebalance those count who have joined, for others may not come back. */
function hasRoomFor(group: ClassicGroup, memberId: string, maxSize: number): boolean {
  const member = group.members.get(memberId);
  if (group.isEmpty) return true;
  if (group.state === 'PreparingRebalance') {
    return (member !== undefined && member.parkedJoin !== null) || group.parkedJoins < maxSize;
  }
  return member !== undefined || group.members.size < maxSize;
}

/** It comes back with the id; if it does not, the id is worth nothing after its session timeout (KIP-394). */
function giveMemberId(step: ClassicStep, { newMemberId, sessionTimeoutMs, replyTo }: JoinGroup) {
  step.group.pendingJoins.add(newMemberId);
  step.setPendingTimer(newMemberId, sessionTimeoutMs);
  step.turn.reply(replyTo, refusedJoin(newMemberId, 'MEMBER_ID_REQUIRED'));
}

function addMember(step: ClassicStep, command: JoinGroup, memberId: string): void {
  const { group } = step;
  const member: ClassicMember = {
    memberId,
    instanceId: command.instanceId,
    clientId: command.clientId,
    clientHost: command.clientHost,
    rebalanceTimeoutMs: command.rebalanceTimeoutMs,
    sessionTimeoutMs: command.sessionTimeoutMs,
    protocols: command.protocols,
    assignment: NO_ASSIGNMENT,
    parkedJoin: null,
    parkedSync: null,
    isNew: true,
  };
  if (group.initialDelay) group.initialDelay.joinedSince = true;
  group.add(member, command.protocolType);
  step.parkJoin(member, command.replyTo);
  step.setSessionTimer(member, NEW_MEMBER_TIMEOUT_MS);
  rebalanceOrComplete(step);
}

function joinAgain(step: ClassicStep, command: JoinGroup): void {
  const { group, turn } = step;
  const { memberId, instanceId, replyTo } = command;
  if (group.pendingJoins.has(memberId) && instanceId === null) {
    return addMember(step, command, memberId);
  }
  const refusal = group.refusalOf(memberId, instanceId);
  if (refusal !== null) return turn.reply(replyTo, refusedJoin(memberId, refusal));
  const member = group.members.get(memberId)!;
  if (bringsNews(group, member, command)) {
    update(step, member, command);
    return rebalanceOrComplete(step);
  }
  turn.reply(replyTo, step.joined(member));
}

/** The leader joins again when it wants to assign anew: that the topics have changed, for one, only it sees. */
function bringsNews(group: ClassicGroup, member: ClassicMember, command: JoinGroup): boolean {
  if (group.state === 'PreparingRebalance') return true;
  if (group.state === 'Stable' && group.leaderId === member.memberId) return true;
  return !sameProtocols(member.protocols, command.protocols);
}

function update(step: ClassicStep, member: ClassicMember, command: JoinGroup): void {
  step.group.setProtocols(member, command.protocols);
  member.rebalanceTimeoutMs = command.rebalanceTimeoutMs;
  member.sessionTimeoutMs = command.sessionTimeoutMs;
  step.parkJoin(member, command.replyTo);
}

/** A static member without an id: somebody new, or one that has restarted and takes the place of its older self (KIP-345). */
function joinAsStatic(step: ClassicStep, command: JoinGroup, instanceId: string): void {
  const { group } = step;
  const older = group.members.get(group.staticMemberId(instanceId) ?? '');
  if (!older) return addMember(step, command, command.newMemberId);
  const leaderBefore = group.leaderId;
  const member = replace(step, older, command.newMemberId);
  update(step, member, command);
  if (group.state === 'CompletingRebalance') return prepareRebalance(step);
  if (group.state !== 'Stable') return completeIfAllJoined(step);
  if (group.electProtocol() !== group.protocolName) return prepareRebalance(step);
  answerWithoutRebalance(step, { member, command, leaderBefore });
}

function replace(step: ClassicStep, older: ClassicMember, memberId: string): ClassicMember {
  step.answerJoin(older, refusedJoin(older.memberId, 'FENCED_INSTANCE_ID'));
  step.answerSync(older, refusedSync('FENCED_INSTANCE_ID'));
  step.cancelSessionTimer(older.memberId);
  const member = step.group.rename(older, memberId);
  step.setSessionTimer(member);
  return member;
}

/**
 * The assignment stays as it was, and the record has the new id. Clients that cannot be told to skip the assignment hear of
 * the leader's older id, so that one that leads does not assign: nobody else would sync (KIP-814).
 */
function answerWithoutRebalance(
  step: ClassicStep,
  given: { member: ClassicMember; command: JoinGroup; leaderBefore: string | null },
): void {
  const { member, command, leaderBefore } = given;
  const stored = step.snapshot();
  if (step.isTooLarge(stored)) return prepareRebalance(step);
  step.turn.emit(stored);
  const joined = step.joined(member);
  step.answerJoin(
    member,
    command.canSkipAssignment
      ? { ...joined, skipAssignment: step.group.leaderId === member.memberId }
      : { ...joined, leaderId: leaderBefore ?? '', members: [] },
  );
}
