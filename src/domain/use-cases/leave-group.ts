import type { LeaveGroupReply } from '../model/group/group-commands.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';
import { requireGroupId } from './runtime/require-group-id.ts';

export type LeaveGroupCommand = Omit<Question<'leave-group'>, 'type'>;

/** Takes members out of a classic group. */
export class LeaveGroup {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** Rejects with INVALID_GROUP_ID, and as GroupCoordinators.ask does. */
  async execute(command: LeaveGroupCommand): Promise<LeaveGroupReply> {
    requireGroupId(command.groupId);
    return this.#groups.ask<'leave-group'>({ ...command, type: 'leave-group' });
  }
}
