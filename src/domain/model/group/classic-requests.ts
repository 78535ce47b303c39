import type { ClassicGroup } from './classic/classic-group.ts';
import { ClassicStep, refusedJoin, refusedSync } from './classic/classic-step.ts';
import { joinGroup } from './classic/join-group.ts';
import { heartbeat, leaveGroup, sessionEnded } from './classic/membership.ts';
import { joinTimeRanOut, prepareRebalance, syncTimeRanOut } from './classic/rebalance.ts';
import { syncGroup } from './classic/sync-group.ts';
import type { ClassicTimer } from './classic/timer-keys.ts';
import { groupRemoved } from './consumer/member-removal.ts';
import type { Heartbeat, JoinGroup, LeaveGroup, SyncGroup } from './group-commands.ts';
import type { GroupSettings } from './group-settings.ts';
import type { Groups } from './groups.ts';
import type { MixedRequests } from './mixed-requests.ts';
import type { Turn } from './turn.ts';

/** What members of the classic protocol ask for. */
export class ClassicRequests {
  readonly #groups: Groups;
  readonly #settings: GroupSettings;
  readonly #mixed: MixedRequests;

  constructor(groups: Groups, settings: GroupSettings, mixed: MixedRequests) {
    this.#groups = groups;
    this.#settings = settings;
    this.#mixed = mixed;
  }

  /** A consumer group without members gives way to a classic one (GroupMetadataManager.classicGroupJoin). */
  join(command: JoinGroup, turn: Turn): void {
    const { groupId, memberId, replyTo } = command;
    const consumers = this.#groups.consumer.get(groupId);
    if (consumers && consumers.state !== 'Empty') {
      return this.#mixed.join(consumers, command, turn);
    }
    if (memberId !== '' && !this.#groups.classic.has(groupId)) {
      return turn.reply(replyTo, refusedJoin(memberId, 'UNKNOWN_MEMBER_ID'));
    }
    // Before anything is made or gives way: groups that nobody can be in would only pile up.
    if (command.protocolType === '' || command.protocols.length === 0) {
      return turn.reply(replyTo, refusedJoin(memberId, 'INCONSISTENT_GROUP_PROTOCOL'));
    }
    if (consumers) for (const event of groupRemoved(consumers)) turn.emit(event);
    joinGroup(this.step(this.#groups.ensureClassic(groupId, turn.nowMs), turn), command);
  }

  sync(command: SyncGroup, turn: Turn): void {
    const consumers = this.#groups.consumer.get(command.groupId);
    if (consumers) return this.#mixed.sync(consumers, command, turn);
    const group = this.#groups.classic.get(command.groupId);
    if (group) syncGroup(this.step(group, turn), command);
    else turn.reply(command.replyTo, refusedSync('UNKNOWN_MEMBER_ID'));
  }

  heartbeat(command: Heartbeat, turn: Turn): void {
    const consumers = this.#groups.consumer.get(command.groupId);
    if (consumers) return this.#mixed.heartbeat(consumers, command, turn);
    const group = this.#groups.classic.get(command.groupId);
    if (group) heartbeat(this.step(group, turn), command);
    else turn.reply(command.replyTo, { error: 'UNKNOWN_MEMBER_ID' });
  }

  leave(command: LeaveGroup, turn: Turn): void {
    const consumers = this.#groups.consumer.get(command.groupId);
    if (consumers) return this.#mixed.leave(consumers, command, turn);
    const group = this.#groups.classic.get(command.groupId);
    if (group) return leaveGroup(this.step(group, turn), command);
    const members = command.members.map(
      member => ({ ...member, error: 'UNKNOWN_MEMBER_ID' }) as const,
    );
    turn.reply(command.replyTo, { error: null, members });
  }

  timerRan(timer: ClassicTimer, turn: Turn): void {
    const group = this.#groups.classic.get(timer.groupId);
    if (!group) return;
    const step = this.step(group, turn);
    if (timer.kind === 'session') sessionEnded(step, timer.memberId);
    else if (timer.kind === 'join') joinTimeRanOut(step);
    else syncTimeRanOut(step);
  }

  /**
   * Members have a session timeout's time to show up. A group may have become too large while it was not loaded, or was a
   * consumer group before, whose members have not joined again yet.
   */
  resume(turn: Turn): void {
    for (const group of this.#groups.classic.values()) {
      const step = this.step(group, turn);
      for (const member of group.members.values()) step.setSessionTimer(member);
      const isTooLarge = group.members.size > this.#settings.maxSize;
      if (isTooLarge || group.state === 'PreparingRebalance') prepareRebalance(step);
    }
  }

  step(group: ClassicGroup, turn: Turn): ClassicStep {
    return new ClassicStep(group, turn, this.#settings);
  }
}
