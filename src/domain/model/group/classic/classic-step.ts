import type { ErrorName } from '../../error.ts';
import { bytesOf } from '../event-size.ts';
import type { JoinGroupReply, SyncGroupReply } from '../group-commands.ts';
import type { ClassicGroupStored } from '../group-events.ts';
import type { GroupSettings } from '../group-settings.ts';
import type { Turn } from '../turn.ts';
import type { ClassicGroup } from './classic-group.ts';
import { metadataOf, NO_ASSIGNMENT, type ClassicMember } from './classic-member.ts';
import { joinTimer, sessionTimer, syncTimer } from './timer-keys.ts';

/** One step of one classic group: the group, the turn that gathers what the step gives, and what all kinds of steps do. */
export class ClassicStep {
  readonly group: ClassicGroup;
  readonly turn: Turn;
  readonly settings: GroupSettings;

  constructor(group: ClassicGroup, turn: Turn, settings: GroupSettings) {
    this.group = group;
    this.turn = turn;
    this.settings = settings;
  }

  setSessionTimer({ memberId, sessionTimeoutMs }: ClassicMember, ms = sessionTimeoutMs): void {
    this.turn.setTimer(sessionTimer(this.group.groupId, memberId), ms);
  }
  /** For one that is no member yet. */
  setPendingTimer(memberId: string, ms: number): void {
    this.turn.setTimer(sessionTimer(this.group.groupId, memberId), ms);
  }
  cancelSessionTimer(memberId: string): void {
    this.turn.cancelTimer(sessionTimer(this.group.groupId, memberId));
  }
  setJoinTimer(ms: number): void {
    this.turn.setTimer(joinTimer(this.group.groupId), ms);
  }
  cancelJoinTimer(): void {
    this.turn.cancelTimer(joinTimer(this.group.groupId));
  }
  setSyncTimer(): void {
    this.turn.setTimer(syncTimer(this.group.groupId), this.group.rebalanceTimeoutMs);
  }
  /** Nobody is waited for to sync. */
  endSyncWait(): void {
    this.group.pendingSyncs.clear();
    this.turn.cancelTimer(syncTimer(this.group.groupId));
  }
  noteSynced(memberId: string): void {
    if (this.group.pendingSyncs.delete(memberId) && this.group.pendingSyncs.size === 0) {
      this.endSyncWait();
    }
  }

  /** A second request of a member takes the place of one that is parked, whose sender is told to try again. */
  parkJoin(member: ClassicMember, replyTo: number): void {
    this.answerJoin(member, refusedJoin(member.memberId, 'REBALANCE_IN_PROGRESS'));
    this.group.parkJoin(member, replyTo);
  }
  parkSync(member: ClassicMember, replyTo: number): void {
    this.answerSync(member, refusedSync('REBALANCE_IN_PROGRESS'));
    member.parkedSync = replyTo;
  }
  answerJoin(member: ClassicMember, response: JoinGroupReply): void {
    const replyTo = this.group.takeJoin(member);
    if (replyTo !== null) this.turn.reply(replyTo, response);
  }
  /** False if no sync was parked. */
  answerSync(member: ClassicMember, response: SyncGroupReply): boolean {
    const replyTo = member.parkedSync;
    member.parkedSync = null;
    if (replyTo !== null) this.turn.reply(replyTo, response);
    return replyTo !== null;
  }

  /** Takes a member or a pending one out of the group, and lets go what is parked of it. */
  remove(memberId: string): void {
    const member = this.group.members.get(memberId);
    if (member) {
      this.answerJoin(member, refusedJoin('', 'UNKNOWN_MEMBER_ID'));
      this.answerSync(member, refusedSync('UNKNOWN_MEMBER_ID'));
    }
    this.cancelSessionTimer(memberId);
    this.group.remove(memberId);
  }

  /** The group of this generation, as an answer to a join. */
  joined(member: ClassicMember): JoinGroupReply {
    const { group } = this;
    return {
      error: null,
      memberId: member.memberId,
      generationId: group.generationId,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      leaderId: group.leaderId ?? '',
      skipAssignment: false,
      members: member.memberId === group.leaderId ? group.joinedMembers() : [],
    };
  }

  /** The group as its record keeps it, with these assignments instead of those that its members have. */
  snapshot(assignments?: ReadonlyMap<string, Buffer>): ClassicGroupStored {
    const { group, turn } = this;
    const members = Array.from(group.members.values(), member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName!),
      assignment: assignments
        ? (assignments.get(member.memberId) ?? NO_ASSIGNMENT)
        : member.assignment,
    }));
    return {
      type: 'classic-group-stored',
      groupId: group.groupId,
      protocolType: group.protocolType ?? '',
      generationId: group.generationId,
      protocolName: group.protocolName,
      leaderId: group.leaderId,
      stateTimestampMs: turn.nowMs,
      members,
    };
  }

  /** Whether a record of the group may be too large for its topic; errs on the safe side. */
  isTooLarge(stored: ClassicGroupStored): boolean {
    return bytesOf([stored]) > this.settings.maxEventBytes;
  }
}

export function refusedJoin(memberId: string, error: ErrorName): JoinGroupReply {
  return {
    error,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leaderId: '',
    skipAssignment: false,
    members: [],
  };
}

export function refusedSync(error: ErrorName): SyncGroupReply {
  return { error, protocolType: null, protocolName: null, assignment: NO_ASSIGNMENT };
}
