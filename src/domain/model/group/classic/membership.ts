import type { ErrorName } from '../../error.ts';
import type { Heartbeat, LeaveGroup, LeavingMember } from '../group-commands.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicStep } from './classic-step.ts';
import { completeIfAllJoined, completeJoin, prepareRebalance } from './rebalance.ts';

/** A member says that it is alive, and learns whether to join again. */
export function heartbeat(step: ClassicStep, command: Heartbeat): void {
  const { group, turn } = step;
  const error = heartbeatRefusal(group, command);
  if (error !== null) return turn.reply(command.replyTo, { error });
  step.setSessionTimer(group.members.get(command.memberId)!);
  const isRebalancing = group.state === 'PreparingRebalance';
  turn.reply(command.replyTo, { error: isRebalancing ? 'REBALANCE_IN_PROGRESS' : null });
}

function heartbeatRefusal(group: ClassicGroup, command: Heartbeat): ErrorName | null {
  const refusal = group.refusalOf(command.memberId, command.instanceId);
  if (refusal !== null) return refusal;
  return command.generationId === group.generationId ? null : 'ILLEGAL_GENERATION';
}

/** Members leave, each by its id, or by its instance's alone (KIP-345); one that cannot does not keep the others. */
export function leaveGroup(step: ClassicStep, command: LeaveGroup): void {
  const { group, turn } = step;
  const members = command.members.map(member => ({ ...member, error: leave(step, member) }));
  turn.reply(command.replyTo, { error: null, members });
  if (members.every(({ error }) => error !== null)) return;
  if (group.state === 'PreparingRebalance') completeIfAllJoined(step);
  else if (!group.isEmpty) prepareRebalance(step);
}

function leave(step: ClassicStep, { memberId, instanceId }: LeavingMember): ErrorName | null {
  const { group } = step;
  const id = memberId === '' && instanceId !== null ? group.staticMemberId(instanceId) : memberId;
  if (id === undefined) return 'UNKNOWN_MEMBER_ID';
  const refusal = group.pendingJoins.has(id) ? null : group.refusalOf(id, instanceId);
  if (refusal === null) step.remove(id);
  return refusal;
}

/** A member was silent for its session timeout. One that waits for an answer is not silent, unless it is new. */
export function sessionEnded(step: ClassicStep, memberId: string): void {
  const { group } = step;
  const member = group.members.get(memberId);
  const waits = member && (member.parkedJoin !== null || member.parkedSync !== null);
  if (waits && !member.isNew) return;
  if (!member && !group.pendingJoins.has(memberId)) return;
  step.remove(memberId);
  if (group.state === 'PreparingRebalance') {
    // Also in the first rebalance of a group, where nobody may be left to wait for.
    if (group.allHaveJoined) completeJoin(step);
  } else if (member && !group.isEmpty) {
    prepareRebalance(step);
  }
}
