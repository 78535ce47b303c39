import type { ErrorName } from '../model/error.ts';
import type { GroupCoordinators } from './runtime/group-coordinators.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import { requireGroupId } from './runtime/require-group-id.ts';

export interface DeleteOffsetsCommand {
  readonly groupId: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

export interface DeleteOffsetsAnswer {
  readonly error: ErrorName | null;
  /** One for each partition, in their order. */
  readonly errors: readonly (ErrorName | null)[];
}

/** Forgets committed offsets of topics that the group does not read (KIP-496). */
export class DeleteOffsets {
  readonly #groups: GroupCoordinators;
  readonly #registry: PartitionRegistry;

  constructor(groups: GroupCoordinators, registry: PartitionRegistry) {
    this.#groups = groups;
    this.#registry = registry;
  }

  /** Rejects with INVALID_GROUP_ID, and as GroupCoordinators.ask does. */
  async execute({ groupId, partitions }: DeleteOffsetsCommand): Promise<DeleteOffsetsAnswer> {
    requireGroupId(groupId);
    const located = partitions.map(ref => this.#registry.locate({ ...ref, topicId: null }));
    const known = partitions.filter((_, at) => !('error' in located[at]!));
    const question = { type: 'delete-offsets', groupId, partitions: known } as const;
    const { error, errors } = await this.#groups.ask<'delete-offsets'>(question);
    let next = 0;
    return {
      error,
      errors: located.map(place => ('error' in place ? place.error : (errors[next++] ?? null))),
    };
  }
}
