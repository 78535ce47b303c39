import { BrokerError, type ErrorName } from '../model/error.ts';
import type { DescribeGroupReply } from '../model/group/group-commands.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';

/** A group as it is now, or why that cannot be told. */
export interface DescribedGroup {
  readonly groupId: string;
  readonly error: ErrorName | null;
  /** Null with an error. */
  readonly group: DescribeGroupReply | null;
}

/** Describes classic groups, each on its own. */
export class DescribeGroups {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** In the order asked for. */
  execute(groupIds: readonly string[]): Promise<DescribedGroup[]> {
    return Promise.all(groupIds.map(groupId => this.#describe(groupId)));
  }

  async #describe(groupId: string): Promise<DescribedGroup> {
    try {
      const question = { type: 'describe-group', groupId } as const;
      const group = await this.#groups.ask<'describe-group'>(question);
      return { groupId, error: null, group };
    } catch (error) {
      if (error instanceof BrokerError) return { groupId, error: error.code, group: null };
      throw error;
    }
  }
}
