import { ClassicGroup, type ReadSubscription } from './classic/classic-group.ts';
import { ClassicStep, refusedJoin, refusedSync } from './classic/classic-step.ts';
import { joinGroup } from './classic/join-group.ts';
import { heartbeat, leaveGroup, sessionEnded } from './classic/membership.ts';
import { joinTimeRanOut, prepareRebalance, syncTimeRanOut } from './classic/rebalance.ts';
import { syncGroup } from './classic/sync-group.ts';
import { classicTimer } from './classic/timer-keys.ts';
import { DEAD_GROUP, describeClassicGroup, listClassicGroup } from './describe-group.ts';
import type {
  CommitOffsets,
  DeleteGroup,
  DeleteOffsets,
  GroupCommand,
  GroupOccurrence,
  GroupRequest,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  SyncGroup,
} from './group-commands.ts';
import type { GroupEvent } from './group-events.ts';
import type { GroupSettings } from './group-settings.ts';
import {
  classicCommitRefusal,
  missingGroupRefusal,
  noteCommit,
  storeOffsets,
} from './offsets/commit-offsets.ts';
import { deleteAll, deleteOffsets } from './offsets/delete-offsets.ts';
import { expireOffsets } from './offsets/expire-offsets.ts';
import { fetchedOffsets } from './offsets/fetch-offsets.ts';
import { GroupOffsets } from './offsets/group-offsets.ts';
import { Turn, type GroupDecision } from './turn.ts';

const EXPIRY_TIMER = 'expire-offsets';

/**
 * The groups whose state lies in one partition of the offsets topic, as a pure state machine: `decide` says what a command makes
 * happen, `apply` makes it so, for what happens now and for what is replayed. Whoever runs it applies the events of a decision,
 * in order and before the next decision, and carries out its effects when the events are durable.
 */
export class GroupCoordinator {
  readonly #groups = new Map<string, ClassicGroup>();
  readonly #offsets = new GroupOffsets();
  readonly #settings: GroupSettings;
  readonly #readSubscription: ReadSubscription;

  constructor(settings: GroupSettings, readSubscription: ReadSubscription) {
    this.#settings = settings;
    this.#readSubscription = readSubscription;
  }

  /** Every topic that a group has an offset of. */
  committedTopics(): Set<string> {
    return this.#offsets.topics();
  }

  decide(command: GroupCommand, nowMs: number): GroupDecision {
    const turn = new Turn(nowMs);
    if ('replyTo' in command) this.#answer(command, turn);
    else this.#note(command, turn);
    return turn;
  }

  apply(event: GroupEvent): void {
    switch (event.type) {
      case 'offset-stored':
      case 'offset-deleted':
        // A group that only keeps offsets has no record of its own.
        if (event.type === 'offset-stored') this.#ensureGroup(event.groupId, null);
        return this.#offsets.apply(event);
      case 'classic-group-stored':
        return this.#ensureGroup(event.groupId, null).apply(event);
      case 'classic-group-deleted':
        this.#groups.delete(event.groupId);
        return;
      default:
        // Records of consumer groups (KIP-848) are not this machine's.
        return;
    }
  }

  #answer(command: GroupRequest, turn: Turn): void {
    switch (command.type) {
      case 'join-group':
        return this.#join(command, turn);
      case 'sync-group':
        return this.#sync(command, turn);
      case 'heartbeat':
        return this.#heartbeat(command, turn);
      case 'leave-group':
        return this.#leave(command, turn);
      default:
        return this.#answerOnOffsetsAndGroups(command, turn);
    }
  }

  #answerOnOffsetsAndGroups(
    command: Exclude<GroupRequest, JoinGroup | SyncGroup | Heartbeat | LeaveGroup>,
    turn: Turn,
  ): void {
    switch (command.type) {
      case 'commit-offsets':
        return this.#commit(command, turn);
      case 'fetch-offsets': {
        const offsets = fetchedOffsets(this.#offsets, command);
        return turn.reply(command.replyTo, { error: null, offsets });
      }
      case 'delete-offsets':
        return this.#deleteOffsets(command, turn);
      case 'delete-group':
        return this.#deleteGroup(command, turn);
      case 'describe-group': {
        const group = this.#groups.get(command.groupId);
        return turn.reply(command.replyTo, group ? describeClassicGroup(group) : DEAD_GROUP);
      }
      case 'list-groups': {
        const groups = Array.from(this.#groups.values(), listClassicGroup);
        return turn.reply(command.replyTo, { groups });
      }
    }
  }

  #join(command: JoinGroup, turn: Turn): void {
    const { groupId, memberId, replyTo } = command;
    if (memberId !== '' && !this.#groups.has(groupId)) {
      return turn.reply(replyTo, refusedJoin(memberId, 'UNKNOWN_MEMBER_ID'));
    }
    joinGroup(this.#step(this.#ensureGroup(groupId, turn.nowMs), turn), command);
  }

  #sync(command: SyncGroup, turn: Turn): void {
    const group = this.#groups.get(command.groupId);
    if (group) syncGroup(this.#step(group, turn), command);
    else turn.reply(command.replyTo, refusedSync('UNKNOWN_MEMBER_ID'));
  }

  #heartbeat(command: Heartbeat, turn: Turn): void {
    const group = this.#groups.get(command.groupId);
    if (group) heartbeat(this.#step(group, turn), command);
    else turn.reply(command.replyTo, { error: 'UNKNOWN_MEMBER_ID' });
  }

  #leave(command: LeaveGroup, turn: Turn): void {
    const group = this.#groups.get(command.groupId);
    if (group) return leaveGroup(this.#step(group, turn), command);
    const members = command.members.map(
      member => ({ ...member, error: 'UNKNOWN_MEMBER_ID' }) as const,
    );
    turn.reply(command.replyTo, { error: null, members });
  }

  #commit(command: CommitOffsets, turn: Turn): void {
    const group = this.#groups.get(command.groupId);
    const refusal = group ? classicCommitRefusal(group, command) : missingGroupRefusal(command);
    if (refusal !== null) {
      return turn.reply(command.replyTo, { errors: command.offsets.map(() => refusal) });
    }
    if (group) noteCommit(this.#step(group, turn), command);
    storeOffsets(turn, command, this.#settings);
  }

  #deleteOffsets(command: DeleteOffsets, turn: Turn): void {
    const group = this.#groups.get(command.groupId);
    if (group) return deleteOffsets(turn, { group, offsets: this.#offsets }, command);
    turn.reply(command.replyTo, { error: 'GROUP_ID_NOT_FOUND', errors: [] });
  }

  #deleteGroup({ groupId, replyTo }: DeleteGroup, turn: Turn): void {
    const group = this.#groups.get(groupId);
    if (!group) return turn.reply(replyTo, { error: 'GROUP_ID_NOT_FOUND' });
    if (!group.isEmpty) return turn.reply(replyTo, { error: 'NON_EMPTY_GROUP' });
    deleteAll(turn, this.#offsets.ofGroup(groupId));
    turn.emit({ type: 'classic-group-deleted', groupId });
    turn.reply(replyTo, { error: null });
  }

  #note(occurrence: GroupOccurrence, turn: Turn): void {
    switch (occurrence.type) {
      case 'loaded':
        for (const group of this.#groups.values()) this.#resume(this.#step(group, turn));
        return turn.setTimer(EXPIRY_TIMER, this.#settings.offsetsRetentionCheckMs);
      case 'topic-deleted':
        return deleteAll(turn, this.#offsets.ofTopic(occurrence.topic));
      case 'timer-ran':
        if (occurrence.key === EXPIRY_TIMER) return this.#expire(turn);
        return this.#classicTimerRan(occurrence.key, turn);
    }
  }

  /** Members have a session timeout's time to show up; a group may have become too large while it was not loaded. */
  #resume(step: ClassicStep): void {
    const { members } = step.group;
    for (const member of members.values()) step.setSessionTimer(member);
    if (members.size > this.#settings.maxSize) prepareRebalance(step);
  }

  /** Forgets old offsets, and groups that have nothing any more. */
  #expire(turn: Turn): void {
    const { offsetsRetentionMs, offsetsRetentionCheckMs } = this.#settings;
    for (const group of this.#groups.values()) {
      const state = { group, offsets: this.#offsets };
      if (!expireOffsets(turn, state, offsetsRetentionMs) || !group.isEmpty) continue;
      turn.emit({ type: 'classic-group-deleted', groupId: group.groupId });
    }
    turn.setTimer(EXPIRY_TIMER, offsetsRetentionCheckMs);
  }

  #classicTimerRan(key: string, turn: Turn): void {
    const timer = classicTimer(key);
    const group = timer && this.#groups.get(timer.groupId);
    if (!group) return;
    const step = this.#step(group, turn);
    if (timer.kind === 'session') sessionEnded(step, timer.memberId);
    else if (timer.kind === 'join') joinTimeRanOut(step);
    else syncTimeRanOut(step);
  }

  #step(group: ClassicGroup, turn: Turn): ClassicStep {
    return new ClassicStep(group, turn, this.#settings);
  }

  #ensureGroup(groupId: string, nowMs: number | null): ClassicGroup {
    let group = this.#groups.get(groupId);
    if (!group) {
      group = new ClassicGroup(groupId, this.#readSubscription, nowMs);
      this.#groups.set(groupId, group);
    }
    return group;
  }
}
