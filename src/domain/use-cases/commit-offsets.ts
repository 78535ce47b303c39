import type { ErrorName } from '../model/error.ts';
import type { PartitionRef } from '../model/log/partition-ref.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';

/** An offset to commit for a partition, named as in the request. */
export interface OffsetCommit extends PartitionRef {
  readonly offset: number;
  readonly leaderEpoch: number | null;
  readonly metadata: string;
}

export interface CommitOffsetsCommand extends Omit<Question<'commit-offsets'>, 'type' | 'offsets'> {
  readonly offsets: readonly OffsetCommit[];
}

/** Commits the offsets of a group, durably as the flush policy says for acks=all. */
export class CommitOffsets {
  readonly #groups: GroupCoordinators;
  readonly #registry: PartitionRegistry;

  constructor(groups: GroupCoordinators, registry: PartitionRegistry) {
    this.#groups = groups;
    this.#registry = registry;
  }

  /**
   * One error or null for each offset, in their order. Those for partitions that are not there are not stored, and do not keep
   * the others. Rejects as GroupCoordinators.ask does.
   */
  async execute(command: CommitOffsetsCommand): Promise<(ErrorName | null)[]> {
    const located = command.offsets.map(offset => this.#registry.locate(offset));
    const known = command.offsets.flatMap((offset, at) => {
      const place = located[at]!;
      return 'error' in place
        ? []
        : [{ ...offset, topic: place.topic.name, topicId: place.topic.id }];
    });
    if (known.length === 0) return located.map(place => ('error' in place ? place.error : null));
    const answer = await this.#groups.ask<'commit-offsets'>({
      ...command,
      type: 'commit-offsets',
      offsets: known,
    });
    let next = 0;
    return located.map(place => ('error' in place ? place.error : (answer.errors[next++] ?? null)));
  }
}
