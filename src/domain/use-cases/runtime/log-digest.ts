import type { ProducerState, ProducerVerdict } from '../../model/log/producer-state.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../model/log/checkpoint.ts';
import { DirtyBytes } from '../../model/log/compaction/dirty-bytes.ts';
import { batchesIn, NO_TIMESTAMP, type RecordBatch } from '../../model/log/record-batch.ts';
import { TimestampPeak } from '../../model/log/timestamp-peak.ts';
import { UntimedMarks } from '../../model/log/untimed-marks.ts';
import type { PartitionLog } from '../../../ports/log-storage.ts';
import { walkLog, type ReadableLog } from './log-walk.ts';

/** Log bytes after which a checkpoint is due: what an open after a crash reads at most, besides the engine's own recovery. */
const CHECKPOINT_EVERY_BYTES = 64 * 1024 * 1024;

/**
 * What a partition derives from its log: the state of its producers, where the highest timestamp is, and what retention and
 * compaction go by. Live batches and those read back at open go through the same `observe`, so that a restart forgets nothing; a
 * checkpoint shortens the reading.
 */
export class LogDigest {
  readonly #producers: ProducerState;
  readonly #peak = new TimestampPeak();
  /** How much is not compacted. */
  readonly dirty = new DirtyBytes();
  /** When batches without timestamps came. */
  readonly untimed = new UntimedMarks();
  #bytesSinceSave = 0;
  #saving = false;

  private constructor(producers: ProducerState) {
    this.#producers = producers;
  }

  /**
   * Rebuilds the digest of an opened log: from its checkpoint if that fits, else from the start. `reads` are of that log; batches that
   * they say are damaged are as if they were not there.
   */
  static async recover(
    log: PartitionLog,
    parts: { reads: ReadableLog; producers: ProducerState; nowMs: number },
  ): Promise<LogDigest> {
    const digest = new LogDigest(parts.producers);
    const from = digest.#restore(log) ?? log.startOffset;
    await digest.#replay(log, from, parts);
    if (log.checkpoint !== null && from === log.startOffset) await digest.save(log);
    return digest;
  }

  get peak(): { timestamp: number; baseOffset: number } {
    return this.#peak;
  }

  check(batch: RecordBatch, nowMs: number): ProducerVerdict {
    return this.#producers.check(batch, nowMs);
  }

  /** Takes note of a batch that is in the log, whose newest segment now begins at `activeOffset`. */
  observe(batch: RecordBatch, nowMs: number, activeOffset: number): void {
    this.#producers.apply(batch, nowMs);
    this.#peak.observe(batch);
    this.dirty.observe(batch.baseOffset, batch.sizeInBytes, activeOffset);
    if (batch.maxTimestamp === NO_TIMESTAMP) {
      this.untimed.observe(batch.baseOffset, batch.nextOffset, nowMs);
    }
    this.#bytesSinceSave += batch.sizeInBytes;
  }

  /** Whether the state of the batch's producer rests on it, as far as the log is committed, up to `endOffset`. */
  isLastOfProducer(batch: RecordBatch, endOffset: number): boolean {
    return this.#producers.isLast(batch, endOffset);
  }

  /** Saves a checkpoint in the background when much was appended since the last; one that fails is only a slower open. */
  saveIfDue(log: PartitionLog): void {
    if (this.#bytesSinceSave < CHECKPOINT_EVERY_BYTES || this.#saving) return;
    this.#saving = true;
    const done = (): void => {
      this.#saving = false;
    };
    this.save(log).then(done, done);
  }

  async save(log: PartitionLog): Promise<void> {
    this.#bytesSinceSave = 0;
    const { timestamp, baseOffset } = this.#peak;
    const producers = this.#producers.snapshot();
    const { endOffset } = log;
    this.untimed.trimBefore(log.startOffset);
    const derived = { dirty: this.dirty.facts, untimed: this.untimed.all, producers };
    await log.saveCheckpoint(encodeCheckpoint({ endOffset, timestamp, baseOffset, ...derived }));
  }

  /** The offset to replay from, or null if there is no checkpoint that this log can have had. */
  #restore(log: PartitionLog): number | null {
    const checkpoint = log.checkpoint && decodeCheckpoint(log.checkpoint);
    if (!checkpoint || checkpoint.endOffset > log.endOffset) return null;
    if (!this.#producers.restore(checkpoint.producers)) return null;
    this.#peak.restore(checkpoint.timestamp, checkpoint.baseOffset);
    this.dirty.restore(checkpoint.dirty);
    this.untimed.restore(checkpoint.untimed);
    return Math.max(checkpoint.endOffset, log.startOffset);
  }

  async #replay(
    log: PartitionLog,
    from: number,
    { reads, nowMs }: { reads: ReadableLog; nowMs: number },
  ): Promise<void> {
    for await (const stretch of walkLog(reads, { from, to: log.endOffset })) {
      if ('damage' in stretch) continue;
      for (const batch of batchesIn(stretch.batches)) {
        if (batch.baseOffset >= from) this.observe(batch, nowMs, log.activeOffset);
      }
    }
  }
}
