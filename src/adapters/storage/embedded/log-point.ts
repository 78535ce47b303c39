import { SegmentRoll, type SegmentFacts } from '../../../domain/model/log/segment-roll.ts';

export interface PointFacts {
  readonly endOffset: number;
  readonly sizeInBytes: number;
  readonly peak: number;
  readonly segment: SegmentFacts;
}

/** A log as it is up to some batch: appended, committed, or written. */
export class LogPoint implements PointFacts {
  endOffset = 0;
  sizeInBytes = 0;
  peak = 0;
  segment: SegmentRoll;

  constructor(facts: PointFacts) {
    this.segment = SegmentRoll.from(facts.segment);
    this.set(facts);
  }

  set(facts: PointFacts): void {
    this.endOffset = facts.endOffset;
    this.sizeInBytes = facts.sizeInBytes;
    this.peak = facts.peak;
    this.segment = SegmentRoll.from(facts.segment);
  }

  /** The base offset of the newest segment, or the end where that has nothing in it. */
  get activeOffset(): number {
    return this.segment.sizeInBytes === 0 ? this.endOffset : this.segment.baseOffset;
  }
}
