import type { ErrorName } from '../model/error.ts';
import type { PartitionRef } from '../model/log/partition-ref.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import { storageErrorName } from './runtime/storage-errors.ts';

/** Asks for a new log start offset; -1 is the high watermark. */
export interface RecordDeletion extends PartitionRef {
  readonly offset: number;
}

export interface DeletedRecords {
  readonly error: ErrorName | null;
  /** The log start offset afterwards; -1 on an error. */
  readonly lowWatermark: number;
}

const HIGH_WATERMARK = -1;

/** Drops the front of logs (KIP-107; Kafka's UnifiedLog.deleteRecords). */
export class DeleteRecords {
  readonly #registry: PartitionRegistry;

  constructor(registry: PartitionRegistry) {
    this.#registry = registry;
  }

  /** The outcomes, in the order of the requests. */
  execute(deletions: readonly RecordDeletion[]): Promise<DeletedRecords[]> {
    return Promise.all(deletions.map(deletion => this.#delete(deletion)));
  }

  async #delete(deletion: RecordDeletion): Promise<DeletedRecords> {
    const located = this.#registry.locate(deletion);
    if ('error' in located) return refused(located.error);
    const { topic } = located;
    if (topic.internal) return refused('INVALID_TOPIC_EXCEPTION');
    // Records go only where retention may delete them (Partition.deleteRecordsOnLeader).
    if (!topic.settings['cleanup.policy'].includes('delete')) return refused('POLICY_VIOLATION');
    try {
      const partition = await this.#registry.open(topic, deletion.partition);
      if (partition.offline) return refused(partition.offline);
      const { offset } = deletion;
      const target = offset === HIGH_WATERMARK ? partition.highWatermark : offset;
      if (target < 0 || target > partition.highWatermark) return refused('OFFSET_OUT_OF_RANGE');
      if (target > partition.logStartOffset) await partition.trimBefore(target);
      return { error: null, lowWatermark: partition.logStartOffset };
    } catch (error) {
      return refused(storageErrorName(error));
    }
  }
}

function refused(error: ErrorName): DeletedRecords {
  return { error, lowWatermark: -1 };
}
