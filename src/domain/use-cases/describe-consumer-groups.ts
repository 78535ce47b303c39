import { BrokerError, type ErrorName } from '../model/error.ts';
import type { DescribedConsumerGroup } from '../model/group/consumer/description.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';
import { requireGroupId } from './runtime/require-group-id.ts';

/** A consumer group as it is now, or why that cannot be told. */
export interface ConsumerGroupDescription {
  readonly groupId: string;
  readonly error: ErrorName | null;
  /** For people; null without an error. */
  readonly message: string | null;
  /** Null with an error. */
  readonly group: DescribedConsumerGroup | null;
}

/** Describes consumer groups, each on its own. */
export class DescribeConsumerGroups {
  readonly #groups: GroupCoordinators;

  constructor(groups: GroupCoordinators) {
    this.#groups = groups;
  }

  /** In the order asked for. */
  execute(groupIds: readonly string[]): Promise<ConsumerGroupDescription[]> {
    return Promise.all(groupIds.map(groupId => this.#describe(groupId)));
  }

  async #describe(groupId: string): Promise<ConsumerGroupDescription> {
    try {
      requireGroupId(groupId);
      const question = { type: 'describe-consumer-group', groupId } as const;
      return { groupId, ...(await this.#groups.ask<'describe-consumer-group'>(question)) };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { groupId, error: error.code, message: error.message, group: null };
    }
  }
}
