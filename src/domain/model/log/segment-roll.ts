import { NO_TIMESTAMP, type RecordBatch } from './record-batch.ts';

/** Relative offsets in the indexes of a segment are int32, in Kafka's files as in ours. */
const RELATIVE_OFFSET_MAX = 0x7fff_ffff;

/** The settings that say how much a segment takes: `segment.bytes` and `segment.ms`. */
export interface SegmentLimits {
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

/** All that a segment's end depends on, as an engine may store it. */
export interface SegmentFacts {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** The max timestamp of the first batch, from which `segmentMs` counts; -1 when there is none. */
  readonly firstTimestamp: number;
  readonly createdAt: number;
}

/**
 * The newest segment of a log, as far as it matters when it ends. It begins where the log's `activeOffset` is, in engines
 * without files too: they feed it with batches, and `next` gives another one when a segment begins.
 */
export class SegmentRoll implements SegmentFacts {
  readonly baseOffset: number;
  readonly createdAt: number;
  sizeInBytes = 0;
  firstTimestamp = NO_TIMESTAMP;

  constructor(baseOffset: number, createdAt: number) {
    this.baseOffset = baseOffset;
    this.createdAt = createdAt;
  }

  /** The one whose facts were stored. */
  static from(facts: SegmentFacts): SegmentRoll {
    const roll = new SegmentRoll(facts.baseOffset, facts.createdAt);
    roll.sizeInBytes = facts.sizeInBytes;
    roll.firstTimestamp = facts.firstTimestamp;
    return roll;
  }

  /** Kafka's LogSegment.shouldRoll: by size, by the time between first and newest timestamp, by what an index can hold. */
  isFullFor(batch: RecordBatch, limits: SegmentLimits, now: number): boolean {
    if (this.sizeInBytes === 0) return false;
    if (this.sizeInBytes + batch.sizeInBytes > limits.segmentBytes) return true;
    if (!this.canIndex(batch)) return true;
    const waited =
      this.firstTimestamp >= 0 ? batch.maxTimestamp - this.firstTimestamp : now - this.createdAt;
    return waited > limits.segmentMs;
  }

  /** Whether the batch's offsets are near enough to the base offset. */
  canIndex(batch: RecordBatch): boolean {
    return batch.nextOffset - this.baseOffset <= RELATIVE_OFFSET_MAX;
  }

  /** Takes note of a batch that is appended to this segment. */
  grow(batch: RecordBatch, sizeInBytes: number): void {
    if (this.sizeInBytes === 0) this.firstTimestamp = batch.maxTimestamp;
    this.sizeInBytes += sizeInBytes;
  }

  /** The segment that takes the batch, which is noted: this one, or one that begins with it. */
  next(batch: RecordBatch, limits: SegmentLimits, now: number): SegmentRoll {
    const begins = this.sizeInBytes === 0 || this.isFullFor(batch, limits, now);
    const taker = begins ? new SegmentRoll(batch.baseOffset, now) : this;
    taker.grow(batch, batch.sizeInBytes);
    return taker;
  }

  /** The newest segment after the log was cut to end at an offset, and lost so many bytes with that. */
  cutTo(offset: number, bytesDropped: number, now: number): SegmentRoll {
    if (offset <= this.baseOffset) return new SegmentRoll(offset, now);
    this.sizeInBytes -= bytesDropped;
    return this;
  }
}
