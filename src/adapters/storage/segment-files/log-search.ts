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

/** What a search has to know of its log. */
export interface SearchedLog {
  readonly readable: () => LogEnd;
  readonly hasGaps: () => boolean;
}

/** Finds batches by offset and by time: an index says where to begin, and a walk over headers goes on from there. */
export class LogSearch {
  readonly #engine: Engine;
  readonly #segments: LogSegments;
  readonly #readable: () => LogEnd;
  readonly #hasGaps: () => boolean;

  constructor(engine: Engine, segments: LogSegments, log: SearchedLog) {
    this.#engine = engine;
    this.#segments = segments;
    this.#readable = log.readable;
    this.#hasGaps = log.hasGaps;
  }

  /** What has to be waited for before an offset is looked for, lest all headers of its segment be read at once; null if nothing. */
  ready(offset: number): Promise<void> | null {
    const segment = this.#segments.holding(offset);
    return segment === undefined ? null : this.#engine.indexes.ready(segment);
  }

  /** The same before `offsetFor`: an index says how late the batches of its segment are. */
  readyForTime(timestamp: number): Promise<void> | null {
    for (const segment of this.#segments.all) {
      if (isUnknown(segment, timestamp)) return this.#learnTimes(timestamp);
      if (segment.maxTimestamp >= timestamp) return null;
    }
    return null;
  }

  /** The same before `offsetKeeping`. */
  readyToKeep(bytes: number): Promise<void> | null {
    let room = bytes;
    for (const segment of this.#segments.all.toReversed()) {
      room -= this.limitOf(segment);
      if (room < 0) return this.#engine.indexes.ready(segment);
    }
    return null;
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
    const segment = this.#segments.holding(offset);
    if (segment === undefined) return false;
    const to = segment.sizeInBytes;
    return this.#baseAt({ segment, position: this.positionOf(segment, offset, to) }, to) === offset;
  }

  /** The lowest base offset of a readable batch from which on there are no more than so many bytes; the end if there is none. */
  offsetKeeping(bytes: number): number {
    const end = this.#readable();
    let room = bytes;
    let found = end.offset;
    for (const segment of this.#segments.all.toReversed()) {
      if (segment.baseOffset >= end.offset) continue;
      const to = this.limitOf(segment);
      const place = { segment, position: to <= room ? 0 : this.#positionFrom(segment, to - room) };
      found = this.#baseAt(place, to) ?? found;
      room -= to;
      if (room < 0) break;
    }
    return found;
  }

  /** The position of the batch that holds `offset`, or of the next one, in what lies before position `to`. */
  positionOf(segment: Segment, offset: number, to: number): number {
    const position = this.#engine.indexes.of(segment).floor(offset - segment.baseOffset);
    return this.#walkOn({ segment, position }, to, header => header.nextOffset <= offset);
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

  async #learnTimes(timestamp: number): Promise<void> {
    for (const segment of [...this.#segments.all]) {
      if (isUnknown(segment, timestamp)) {
        await this.#engine.indexes.ready(segment);
        await new Promise(resolve => setImmediate(resolve));
      }
      if (segment.maxTimestamp >= timestamp) return;
    }
  }

  /** The first position from `least` on where a readable batch begins, or where they end. */
  #positionFrom(segment: Segment, least: number): number {
    const position = this.#engine.indexes.of(segment).floorByPosition(least);
    return this.#walkOn({ segment, position }, this.limitOf(segment), (_, at) => at < least);
  }

  #baseAt({ segment, position }: Place, to: number): number | null {
    let base: number | null = null;
    this.#engine.headers.walk({ file: segment.file, from: position, to }, header => {
      base = header.baseOffset;
      return false;
    });
    return base;
  }

  #firstAt(segment: Segment, timestamp: number, startOffset: number): number | null {
    const { indexes } = this.#engine;
    if (segment.maxTimestamp === NO_TIMESTAMP) indexes.of(segment);
    if (segment.maxTimestamp < timestamp) return null;
    const position = indexes.of(segment).floorByTime(timestamp);
    let found: number | null = null;
    this.#walkOn({ segment, position }, this.limitOf(segment), header => {
      if (header.maxTimestamp < timestamp || header.nextOffset <= startOffset) return true;
      found = header.baseOffset;
      return false;
    });
    return found;
  }

  /** Walks from a place that the index has given. The CRC of a batch does not cover its base offset; this finds it damaged. */
  #walkOn({ segment, position }: Place, to: number, visit: HeaderVisitor): number {
    const { headers, indexes } = this.#engine;
    const firstOffset = this.#hasGaps()
      ? null
      : segment.baseOffset + indexes.of(segment).relativeOffsetAt(position);
    return headers.walk({ file: segment.file, from: position, to, firstOffset }, visit);
  }
}

/** Whether the segment's index, which is not in memory, has to say if it has a batch that is late enough, or where. */
function isUnknown({ index, maxTimestamp }: Segment, timestamp: number): boolean {
  return index === null && (maxTimestamp === NO_TIMESTAMP || maxTimestamp >= timestamp);
}
