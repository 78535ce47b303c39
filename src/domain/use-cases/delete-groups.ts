import { BrokerError, type ErrorName } from '../model/error.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';

export interface DeletedGroup {
  readonly groupId: string;
  readonly error: ErrorName | null;
}

/** Deletes groups that have no members, with their offsets (KIP-229), each on its own. */
export class DeleteGroups {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** Each group once, in the order asked for. */
  execute(groupIds: readonly string[]): Promise<DeletedGroup[]> {
    return Promise.all([...new Set(groupIds)].map(groupId => this.#delete(groupId)));
  }

  async #delete(groupId: string): Promise<DeletedGroup> {
    try {
      const question = { type: 'delete-group', groupId } as const;
      const { error } = await this.#groups.ask<'delete-group'>(question);
      return { groupId, error };
    } catch (error) {
      if (error instanceof BrokerError) return { groupId, error: error.code };
      throw error;
    }
  }
}
