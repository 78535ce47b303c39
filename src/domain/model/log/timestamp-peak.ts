import { NO_TIMESTAMP, type RecordBatch } from './record-batch.ts';

/** The highest timestamp in a log and the base offset of the first batch that has it, for ListOffsets' MAX_TIMESTAMP (KIP-734). */
export class TimestampPeak {
  #timestamp = NO_TIMESTAMP;
  #baseOffset = -1;

  get timestamp(): number {
    return this.#timestamp;
  }

  /** -1 in a log without timestamps. */
  get baseOffset(): number {
    return this.#baseOffset;
  }

  observe(batch: RecordBatch): void {
    const timestamp = batch.maxTimestamp;
    // A batch that compaction has emptied keeps a timestamp that no record has.
    if (timestamp <= this.#timestamp || batch.recordCount === 0) return;
    this.#timestamp = timestamp;
    this.#baseOffset = batch.baseOffset;
  }

  restore(timestamp: number, baseOffset: number): void {
    this.#timestamp = timestamp;
    this.#baseOffset = baseOffset;
  }
}
