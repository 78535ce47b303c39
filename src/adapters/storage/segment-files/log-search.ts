import { NO_TIMESTAMP } from '../../../domain/model/log/record-batch.ts';
import type { LogEnd } from './commit-pipeline.ts';
import type { Engine } from './engine.ts';
import type { HeaderVisitor } from './header-walk.ts';
import type { LogSegments } from './log-segments.ts';
import type { Segment } from './segment.ts';

/** A position in one segment. */
export interface Place {
  readonly segment: Segment;
  readonly position: number;
}

/** Finds batches by offset and by time: an index says where to begin, and a walk over headers goes on from there. */
export class LogSearch {
  readonly #engine: Engine;
  readonly #segments: LogSegments;
  readonly #readable: () => LogEnd;

  constructor(engine: Engine, segments: LogSegments, readable: () => LogEnd) {
    this.#engine = engine;
    this.#segments = segments;
    this.#readable = readable;
  }

  /** The base offset of the first readable batch with an offset from `startOffset` whose max timestamp is that high. */
  offsetFor(timestamp: number, startOffset: number): number {
    const end = this.#readable();
    for (const segment of this.#segments.all) {
      if (segment.baseOffset >= end.offset) break;
      if (segment.endOffset <= startOffset) continue;
      const found = this.#firstAt(segment, timestamp, startOffset);
      if (found !== null) return found;
    }
    return end.offset;
  }

  /** Whether a batch begins at the offset; all batches must have been written. */
  hasBase(offset: number): boolean {
    const segment = this.#segments.holding(offset)!;
    const to = segment.sizeInBytes;
    const position = this.positionOf(segment, offset, to);
    let base = -1;
    this.#walk({ segment, position }, to, header => {
      base = header.baseOffset;
      return false;
    });
    return base === offset;
  }

  /** The position of the batch that holds `offset`, or of the next one, in what lies before position `to`. */
  positionOf(segment: Segment, offset: number, to: number): number {
    const position = this.#engine.indexes.of(segment).floor(offset - segment.baseOffset);
    return this.#walk({ segment, position }, to, header => header.nextOffset <= offset);
  }

  /** A batch at or before the one that holds the offset, by the index alone. */
  floor(offset: number): Place {
    const segment = this.#segments.holding(offset)!;
    const position = this.#engine.indexes.of(segment).floor(offset - segment.baseOffset);
    return { segment, position };
  }

  /** The readable batch that holds the offset, or the next one. */
  find(offset: number): Place {
    const segment = this.#segments.holding(offset)!;
    return { segment, position: this.positionOf(segment, offset, this.limitOf(segment)) };
  }

  /** Where the readable batches of a segment end. */
  limitOf(segment: Segment): number {
    const end = this.#readable();
    return segment === end.segment ? end.position : segment.sizeInBytes;
  }

  #firstAt(segment: Segment, timestamp: number, startOffset: number): number | null {
    const { indexes } = this.#engine;
    if (segment.maxTimestamp === NO_TIMESTAMP) indexes.of(segment);
    if (segment.maxTimestamp < timestamp) return null;
    const position = indexes.of(segment).floorByTime(timestamp);
    let found: number | null = null;
    this.#walk({ segment, position }, this.limitOf(segment), header => {
      if (header.maxTimestamp < timestamp || header.nextOffset <= startOffset) return true;
      found = header.baseOffset;
      return false;
    });
    return found;
  }

  #walk({ segment, position }: Place, to: number, visit: HeaderVisitor): number {
    return this.#engine.headers.walk({ file: segment.file, from: position, to }, visit);
  }
}
