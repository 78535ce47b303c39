import { cleaningNeed } from '../../model/log/compaction/cleaning-need.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Compression } from '../../../ports/compression.ts';
import type { Digest } from '../../../ports/digest.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { Timers } from '../../../ports/timers.ts';
import { DamagedBatchError } from './checked-reads.ts';
import { cleanableLog } from './cleanable-log.ts';
import type { CopyHold } from './copy-hold.ts';
import { LogCompaction } from './log-compaction.ts';
import { Pace, StoppedError } from './pace.ts';
import type { Partition } from './partition.ts';
import type { StoredPartitions } from './stored-partitions.ts';

/** How long a log is left alone that could not be compacted for want of space, say. */
const REST_MS = 60_000;

/** Kafka's settings of the cleaner, `log.cleaner.`...; asked each time. */
export interface CleanerSettings {
  readonly backoffMs: () => number;
  readonly dedupeBufferBytes: () => number;
  readonly ioBytesPerSecond: () => number;
}

export interface CleanerParts {
  readonly partitions: StoredPartitions;
  /** Held while logs are copied: no compaction begins, and one that is under way ends after the pass it is at. */
  readonly hold: CopyHold;
  readonly checksum: Checksum;
  readonly compression: Compression;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly settings: CleanerSettings;
}

/** A log that is due, how far it may be compacted, and how much it needs it. */
interface Due {
  readonly partition: Partition;
  readonly to: number;
  readonly need: number;
}

/**
 * Compacts logs in the background, one at a time, the dirtiest first (Kafka's LogCleaner). A log with damaged bytes is reported and left
 * as it is until the next start; the others go on.
 */
export class LogCleaner {
  readonly #parts: CleanerParts;
  readonly #pace: Pace;
  readonly #uncleanable = new WeakSet<Partition>();
  readonly #restsUntil = new WeakMap<Partition, number>();
  #cleaning: Partition | null = null;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;
  #cancel = (): void => {};

  constructor(parts: CleanerParts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.clock, parts.timers, parts.settings.ioBytesPerSecond);
  }

  /** Looks for work from now on. */
  start(): void {
    this.#schedule(this.#parts.settings.backoffMs());
  }

  /** Gives up what it is at; resolves when nothing of it is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    this.#pace.stop();
    await this.#round;
  }

  isCleaning(partition: Partition): boolean {
    return this.#cleaning === partition;
  }

  /** Compacts the log that needs it most. False when none is due, or the one that is could not be compacted. */
  async cleanDirtiest(): Promise<boolean> {
    this.#pace.rested();
    const due = await this.#dirtiest();
    // A copy may have begun meanwhile: it must find what was there when it began.
    if (due === null || this.#parts.hold.isHeld) return false;
    const { logStartOffset } = due.partition;
    this.#cleaning = due.partition;
    try {
      return await this.#clean(due);
    } catch (error) {
      // What went wrong with a log that was trimmed meanwhile says nothing of its bytes.
      if (due.partition.logStartOffset > logStartOffset) this.#postponed(due.partition, error);
      else this.#failed(due.partition, error);
      return false;
    } finally {
      this.#cleaning = null;
    }
  }

  #schedule(ms: number): void {
    this.#cancel = this.#parts.timers.after(ms, () => {
      const failed = (error: unknown): false => {
        if (!(error instanceof StoppedError)) {
          this.#parts.logger.error({ error: String(error) }, 'no log could be chosen to compact');
        }
        return false;
      };
      this.#round = this.cleanDirtiest()
        .catch(failed)
        .then(cleaned => {
          if (!this.#isStopped) this.#schedule(cleaned ? 0 : this.#parts.settings.backoffMs());
        });
    });
  }

  async #dirtiest(): Promise<Due | null> {
    const nowMs = this.#parts.clock.now();
    let dirtiest: Due | null = null;
    for await (const partition of this.#parts.partitions.of(topic => topic.compacted)) {
      if (this.#parts.hold.isHeld) return null;
      if (this.#isLeftAlone(partition, nowMs)) continue;
      const due = await this.#due(partition, nowMs);
      if (due !== null && (dirtiest === null || due.need > dirtiest.need)) dirtiest = due;
      await this.#pace.breathe();
    }
    return dirtiest;
  }

  #isLeftAlone(partition: Partition, nowMs: number): boolean {
    if (this.#uncleanable.has(partition)) return true;
    const restsForMs = (this.#restsUntil.get(partition) ?? -Infinity) - nowMs;
    // More than that is a clock that was put back.
    return restsForMs > 0 && restsForMs <= REST_MS;
  }

  async #due(partition: Partition, nowMs: number): Promise<Due | null> {
    const { settings } = partition.topic;
    try {
      const log = await cleanableLog(partition, nowMs, this.#pace);
      const need = cleaningNeed(log, {
        minCleanableDirtyRatio: settings['min.cleanable.dirty.ratio'],
        maxCompactionLagMs: settings['max.compaction.lag.ms'],
        nowMs,
      });
      return need === null ? null : { partition, to: log.cleanableTo, need };
    } catch (error) {
      this.#failed(partition, error);
      return null;
    }
  }

  /** False when it was held before it changed anything. */
  async #clean({ partition, to: cleanableTo }: Due): Promise<boolean> {
    const { settings, clock } = this.#parts;
    const mapBytesMax = settings.dedupeBufferBytes();
    const compaction = new LogCompaction(partition, {
      ...this.#parts,
      pace: this.#pace,
      mapBytesMax,
    });
    const began = clock.now();
    const { to, bytesRead, bytesKept } = await compaction.run(cleanableTo);
    if (to === null) return false;
    const ms = clock.now() - began;
    const facts = { ...nameOf(partition), to, bytesRead, bytesKept, ms };
    this.#parts.logger.info(facts, 'a log was compacted');
    return true;
  }

  #failed(partition: Partition, error: unknown): void {
    if (error instanceof StoppedError) return;
    if (error instanceof StorageError && error.code !== 'corrupt') {
      // A disk that is full stays so for a while; a log that is just being trimmed does not.
      if (error.code !== 'closed')
        this.#restsUntil.set(partition, this.#parts.clock.now() + REST_MS);
      this.#postponed(partition, error);
      return;
    }
    this.#uncleanable.add(partition);
    const { offset } = error instanceof DamagedBatchError ? error : { offset: null };
    const place = offset === null ? {} : { offset, place: partition.placeOf(offset) };
    const facts = { ...nameOf(partition), error: String(error), ...place };
    this.#parts.logger.error(facts, 'a log cannot be compacted: it stays as it is');
  }

  #postponed(partition: Partition, error: unknown): void {
    if (error instanceof StoppedError) return;
    const facts = { ...nameOf(partition), error: String(error) };
    this.#parts.logger.warn(facts, 'a log could not be compacted now');
  }
}

function nameOf({ topic, index }: Partition): { topic: string; partition: number } {
  return { topic: topic.name, partition: index };
}
