import type { SyncGroupReply } from '../model/group/group-commands.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';
import { requireGroupId } from './runtime/require-group-id.ts';
import { whileConnected } from './runtime/while-connected.ts';

export type SyncGroupCommand = Omit<Question<'sync-group'>, 'type'>;

/** Gives members of a classic group their assignments: answered when the leader has handed them in, and they are stored. */
export class SyncGroup {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** Rejects with INVALID_GROUP_ID, and as GroupCoordinators.ask does. */
  async execute(command: SyncGroupCommand, signal: AbortSignal): Promise<SyncGroupReply> {
    requireGroupId(command.groupId);
    const answer = this.#groups.ask<'sync-group'>({ ...command, type: 'sync-group' });
    return whileConnected(answer, signal);
  }
}
