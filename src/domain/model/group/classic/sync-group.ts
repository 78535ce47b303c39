import type { ErrorName } from '../../error.ts';
import type { SyncGroup, SyncGroupReply } from '../group-commands.ts';
import type { ClassicGroup } from './classic-group.ts';
import { refusedSync, type ClassicStep } from './classic-step.ts';
import { prepareRebalance, refuseSyncs } from './rebalance.ts';

/** Kafka's classicGroupSyncToClassicGroup: followers wait for the leader's sync, which brings everybody's assignment. */
export function syncGroup(step: ClassicStep, command: SyncGroup): void {
  const { group, turn } = step;
  const refusal = refusalOf(group, command);
  if (refusal !== null) return turn.reply(command.replyTo, refusedSync(refusal));
  const member = group.members.get(command.memberId)!;
  step.noteSynced(member.memberId);
  if (group.state === 'Stable') {
    return turn.reply(command.replyTo, answerOf(group, member.assignment));
  }
  step.parkSync(member, command.replyTo);
  if (group.leaderId === member.memberId) assign(step, command);
}

function refusalOf(group: ClassicGroup, command: SyncGroup): ErrorName | null {
  const refusal = group.refusalOf(command.memberId, command.instanceId);
  if (refusal !== null) return refusal;
  if (command.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  if (
    differ(command.protocolType, group.protocolType) ||
    differ(command.protocolName, group.protocolName)
  ) {
    return 'INCONSISTENT_GROUP_PROTOCOL';
  }
  return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : null;
}

/** Old clients do not say. */
function differ(said: string | null, is: string | null): boolean {
  return said !== null && is !== null && said !== is;
}

/** The record makes the group stable. Members that the leader forgot get nothing; assignments to strangers are ignored. */
function assign(step: ClassicStep, command: SyncGroup): void {
  const { group, turn } = step;
  const assignments = new Map(
    command.assignments.map(({ memberId, assignment }) => [memberId, assignment]),
  );
  const stored = step.snapshot(assignments);
  if (step.isTooLarge(stored)) {
    refuseSyncs(step, 'UNKNOWN_SERVER_ERROR');
    return prepareRebalance(step);
  }
  turn.emit(stored);
  for (const { memberId, assignment } of stored.members) {
    const member = group.members.get(memberId)!;
    if (step.answerSync(member, answerOf(group, assignment))) step.setSessionTimer(member);
  }
}

function answerOf(group: ClassicGroup, assignment: Buffer): SyncGroupReply {
  const { protocolType, protocolName } = group;
  return { error: null, protocolType, protocolName, assignment };
}
