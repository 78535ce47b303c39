import { BrokerError } from '../model/error.ts';
import type { FetchedOffset, ListedGroup } from '../model/group/group-commands.ts';
import { StorageError } from '../../ports/log-storage.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';

/** How many are in a group, and how far it has come. */
export interface MeasuredGroup {
  readonly groupId: string;
  readonly members: number;
  /** Those it has committed. */
  readonly offsets: readonly FetchedOffset[];
}

/** Measures all groups, of both protocols. */
export class MeasureGroups {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** One after the other. A group that cannot be asked now, or read, is left out; so are all when a coordinator cannot tell its groups. */
  async *execute(): AsyncGenerator<MeasuredGroup> {
    for (const group of await this.#list()) {
      const measured = await this.#measure(group).catch(unknown);
      if (measured !== null) yield measured;
    }
  }

  async #list(): Promise<readonly ListedGroup[]> {
    const answers = await this.#groups
      .askAll<'list-groups'>({ type: 'list-groups' })
      .catch(unknown);
    return answers?.flatMap(({ groups }) => groups) ?? [];
  }

  async #measure({ groupId, kind }: ListedGroup): Promise<MeasuredGroup | null> {
    const members = await this.#members(groupId, kind === 'consumer');
    const { error, offsets } = await this.#groups.ask<'fetch-offsets'>({
      type: 'fetch-offsets',
      groupId,
      memberId: null,
      memberEpoch: -1,
      requireStable: false,
      topics: null,
    });
    return error === null ? { groupId, members, offsets } : null;
  }

  async #members(groupId: string, isConsumer: boolean): Promise<number> {
    if (isConsumer) {
      const question = { type: 'describe-consumer-group', groupId } as const;
      const { group } = await this.#groups.ask<'describe-consumer-group'>(question);
      return group?.members.length ?? 0;
    }
    const question = { type: 'describe-group', groupId } as const;
    const { members } = await this.#groups.ask<'describe-group'>(question);
    return members.length;
  }
}

/** What a coordinator answers while it is loaded or gone, or its store fails; anything else is a mistake. */
function unknown(error: unknown): null {
  if (error instanceof BrokerError || error instanceof StorageError) return null;
  throw error;
}
