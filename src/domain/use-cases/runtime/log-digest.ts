import type { ProducerState, ProducerVerdict } from '../../model/log/producer-state.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../model/log/checkpoint.ts';
import { batchesIn, type RecordBatch } from '../../model/log/record-batch.ts';
import { TimestampPeak } from '../../model/log/timestamp-peak.ts';
import type { PartitionLog } from '../../../ports/log-storage.ts';

/** Log bytes after which a checkpoint is due: what an open after a crash reads at most, besides the engine's own recovery. */
const CHECKPOINT_EVERY_BYTES = 64 * 1024 * 1024;
const REPLAY_CHUNK_BYTES = 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

/**
 * What a partition derives from its log: the state of its producers, and where the highest timestamp is. Live batches and those
 * read back at open go through the same `observe`, so that a restart forgets nothing; a checkpoint shortens the reading.
 */
export class LogDigest {
  readonly #producers: ProducerState;
  readonly #peak = new TimestampPeak();
  #bytesSinceSave = 0;
  #saving = false;

  private constructor(producers: ProducerState) {
    this.#producers = producers;
  }

  /** Rebuilds the digest of an opened log: from its checkpoint if that fits, else from the start. */
  static async recover(
    log: PartitionLog,
    producers: ProducerState,
    nowMs: number,
  ): Promise<LogDigest> {
    const digest = new LogDigest(producers);
    const from = digest.#restore(log) ?? log.startOffset;
    await digest.#replay(log, from, nowMs);
    if (log.checkpoint !== null && from === log.startOffset) await digest.save(log);
    return digest;
  }

  get peak(): { timestamp: number; baseOffset: number } {
    return this.#peak;
  }

  check(batch: RecordBatch, nowMs: number): ProducerVerdict {
    return this.#producers.check(batch, nowMs);
  }

  observe(batch: RecordBatch, nowMs: number): void {
    this.#producers.apply(batch, nowMs);
    this.#peak.observe(batch);
    this.#bytesSinceSave += batch.sizeInBytes;
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
    await log.saveCheckpoint(
      encodeCheckpoint({ endOffset: log.endOffset, timestamp, baseOffset, producers }),
    );
  }

  /** The offset to replay from, or null if there is no checkpoint that this log can have had. */
  #restore(log: PartitionLog): number | null {
    const checkpoint = log.checkpoint && decodeCheckpoint(log.checkpoint);
    if (!checkpoint || checkpoint.endOffset > log.endOffset) return null;
    if (!this.#producers.restore(checkpoint.producers)) return null;
    this.#peak.restore(checkpoint.timestamp, checkpoint.baseOffset);
    return Math.max(checkpoint.endOffset, log.startOffset);
  }

  async #replay(log: PartitionLog, from: number, nowMs: number): Promise<void> {
    let chunk = NO_BYTES;
    const allocate = (bytes: number): Buffer =>
      bytes <= chunk.length ? chunk : (chunk = Buffer.allocUnsafe(bytes));
    for (let offset = from; offset < log.endOffset;) {
      const bytes = await log.read(offset, REPLAY_CHUNK_BYTES, allocate);
      if (bytes.length === 0) return;
      for (const batch of batchesIn(bytes)) {
        if (batch.baseOffset >= offset) this.observe(batch, nowMs);
        offset = batch.nextOffset;
      }
    }
  }
}
