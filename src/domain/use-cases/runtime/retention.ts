import type { Topic } from '../../model/topic/topic.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Timers } from '../../../ports/timers.ts';
import { firstBatchSince } from './first-batch-since.ts';
import { lastBatchKeeping } from './last-batch-keeping.ts';
import { Pace, StoppedError } from './pace.ts';
import type { Partition } from './partition.ts';
import { storageErrorName } from './storage-errors.ts';
import type { StoredPartitions } from './stored-partitions.ts';

/** A broker that has just started has more to do than to delete (Kafka's LogManager.InitialTaskDelayMs). */
const FIRST_CHECK_MS = 30_000;

export interface RetentionParts {
  readonly partitions: StoredPartitions;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** `log.retention.check.interval.ms`; asked each time. */
  readonly intervalMs: () => number;
  /** Whether a log is being compacted: to trim it now would undo that work. */
  readonly isCompacting: (partition: Partition) => boolean;
}

/**
 * Drops what topics with the cleanup policy `delete` need not keep (Kafka's UnifiedLog.deleteOldSegments): batches at the front that
 * are older than `retention.ms`, or without which `retention.bytes` are left. It goes batch by batch, where Kafka goes segment by
 * segment, and never beyond the high watermark; a slice of the event loop at a time.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #pace: Pace;
  #cancel = (): void => {};
  #isStopped = false;
  #checking: Promise<void> = Promise.resolve();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.clock, parts.timers, () => Infinity);
  }

  /** Checks every interval from now on. */
  start(): void {
    this.#schedule(Math.min(FIRST_CHECK_MS, this.#parts.intervalMs()));
  }

  /** Resolves when nothing of it is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    this.#pace.stop();
    await this.#checking;
  }

  /** One check of all topics, as of when it begins. Rejects with a StoppedError. */
  async check(): Promise<void> {
    const { partitions, isCompacting, clock } = this.#parts;
    const nowMs = clock.now();
    this.#pace.rested();
    for await (const partition of partitions.of(isBounded)) {
      if (!isCompacting(partition)) await this.#trim(partition, nowMs);
      await this.#pace.breathe();
    }
  }

  #schedule(ms: number): void {
    const { timers, logger, intervalMs } = this.#parts;
    this.#cancel = timers.after(ms, () => {
      const failed = (error: unknown): void => {
        if (error instanceof StoppedError) return;
        logger.error({ error: String(error) }, 'retention could not be checked');
      };
      this.#checking = this.check()
        .catch(failed)
        .then(() => {
          if (!this.#isStopped) this.#schedule(intervalMs());
        });
    });
  }

  async #trim(partition: Partition, nowMs: number): Promise<void> {
    const { topic, index, logStartOffset } = partition;
    try {
      const target = await this.#target(partition, nowMs);
      if (!(await this.#holdsBatchBelow(partition, target)) || this.#isStopped) return;
      await partition.trimBefore(target);
      const facts = { topic: topic.name, partition: index, from: logStartOffset, to: target };
      this.#parts.logger.info(facts, 'records were deleted by retention');
    } catch (error) {
      if (error instanceof StoppedError) throw error;
      const facts = { topic: topic.name, partition: index, error: storageErrorName(error) };
      this.#parts.logger.warn(facts, 'retention could not look after a partition');
    }
  }

  /** The log start offset that the settings ask for. */
  async #target(partition: Partition, nowMs: number): Promise<number> {
    const bytes = partition.topic.settings['retention.bytes'];
    const ms = partition.topic.settings['retention.ms'];
    let target = partition.logStartOffset;
    if (bytes >= 0 && partition.sizeInBytes > bytes) {
      target = await lastBatchKeeping(partition, bytes, this.#pace);
    }
    if (ms >= 0) target = Math.max(target, await this.#expiredTo(partition, nowMs - ms));
    return Math.min(target, partition.highWatermark);
  }

  /** Where compaction has removed the front, there is nothing to delete, and whoever reads there may go on. */
  async #holdsBatchBelow(partition: Partition, to: number): Promise<boolean> {
    const from = partition.logStartOffset;
    if (to <= from) return false;
    return (await firstBatchSince(partition, { from, to, sinceMs: -Infinity }, this.#pace)) < to;
  }

  /** Where the first batch begins that has a record of `sinceMs` or later, or no timestamp and no such age; what lies before is older. */
  async #expiredTo(partition: Partition, sinceMs: number): Promise<number> {
    const to = partition.upkeep.expiredTo(partition.highWatermark, sinceMs);
    const from = Math.min(to, await partition.offsetFor(sinceMs));
    return firstBatchSince(partition, { from, to, sinceMs }, this.#pace);
  }
}

function isBounded({ settings }: Topic): boolean {
  const isDeleting = settings['cleanup.policy'].includes('delete');
  return isDeleting && (settings['retention.ms'] >= 0 || settings['retention.bytes'] >= 0);
}
