import { BrokerError } from '../model/error.ts';
import type { HeartbeatReply } from '../model/group/group-commands.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';
import { requireGroupId } from './runtime/require-group-id.ts';

export type HeartbeatCommand = Omit<Question<'heartbeat'>, 'type'>;

/** Keeps a member of a classic group alive. */
export class Heartbeat {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /**
   * Rejects with INVALID_GROUP_ID, and as GroupCoordinators.ask does; but while the group is loaded nobody need worry, for
   * sessions begin anew then.
   */
  async execute(command: HeartbeatCommand): Promise<HeartbeatReply> {
    requireGroupId(command.groupId);
    try {
      return await this.#groups.ask<'heartbeat'>({ ...command, type: 'heartbeat' });
    } catch (error) {
      const loading = error instanceof BrokerError && error.code === 'COORDINATOR_LOAD_IN_PROGRESS';
      if (loading) return { error: null };
      throw error;
    }
  }
}
