import type { ErrorName } from '../model/error.ts';
import { UNDEFINED_EPOCH, UNDEFINED_OFFSET } from '../model/log/leader-epochs.ts';
import type { PartitionRef } from '../model/log/partition-ref.ts';
import { leaderEpochError } from './runtime/leader-epoch-error.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import { storageErrorName } from './runtime/storage-errors.ts';

export interface EpochQuery extends PartitionRef {
  /** The epoch whose end is asked for. */
  readonly leaderEpoch: number;
  /** The epoch that the client takes for the current one; -1 when it does not say. */
  readonly currentLeaderEpoch: number;
}

export interface EpochEnd {
  readonly error: ErrorName | null;
  /** The largest epoch not above the one asked for, and the offset where it ends; -1 where there is none. */
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/** Says where an epoch ended, so that a client can find where its log and ours part (KIP-101, KIP-320). */
export class OffsetForLeaderEpoch {
  readonly #registry: PartitionRegistry;

  constructor(registry: PartitionRegistry) {
    this.#registry = registry;
  }

  /** The answers, in the order of the queries. */
  execute(queries: readonly EpochQuery[]): Promise<EpochEnd[]> {
    return Promise.all(queries.map(query => this.#answer(query)));
  }

  async #answer(query: EpochQuery): Promise<EpochEnd> {
    const located = this.#registry.locate(query);
    if ('error' in located) return refused(located.error);
    try {
      const partition = await this.#registry.open(located.topic, query.partition);
      const error = partition.unreadable ?? leaderEpochError(partition, query.currentLeaderEpoch);
      if (error) return refused(error);
      const { epoch, endOffset } = partition.endOffsetForEpoch(query.leaderEpoch);
      return { error: null, leaderEpoch: epoch, endOffset };
    } catch (error) {
      return refused(storageErrorName(error));
    }
  }
}

function refused(error: ErrorName): EpochEnd {
  return { error, leaderEpoch: UNDEFINED_EPOCH, endOffset: UNDEFINED_OFFSET };
}
