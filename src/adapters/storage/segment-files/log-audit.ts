import type { Engine } from './engine.ts';
import { readWhole } from './file-calls.ts';
import type { HeaderVisitor } from './header-walk.ts';
import { SegmentIndex } from './segment-index.ts';
import type { Segment } from './segment.ts';
import { StorageError } from '../../../ports/log-storage.ts';

/** A segment, and where its committed batches end. */
export interface AuditedSegment {
  readonly segment: Segment;
  readonly limit: number;
  /** Its index is still in memory; files of it may be older. */
  readonly isActive: boolean;
}

/** What an index says of one batch. */
interface Entry {
  readonly baseOffset: number;
  readonly maxTimestampBefore: number;
}

/** Holds indexes against the batches that they point to. */
export class LogAudit {
  readonly #engine: Engine;
  readonly #isThere: (segment: Segment) => boolean;
  readonly #findings: string[] = [];

  /** `isThere` says whether a segment is still one of the log. */
  constructor(engine: Engine, isThere: (segment: Segment) => boolean) {
    this.#engine = engine;
    this.#isThere = isThere;
  }

  async run(segments: readonly AuditedSegment[]): Promise<readonly string[]> {
    for (const audited of segments) {
      if (!this.#isThere(audited.segment)) continue;
      const index = this.#indexOf(audited);
      if (index === null) continue;
      // The pin keeps the file that the index is of, should the segment be rewritten meanwhile.
      await this.#engine.descriptors.use(audited.segment.file, () => this.#check(audited, index));
    }
    return this.#findings;
  }

  #indexOf({ segment, isActive }: AuditedSegment): SegmentIndex | null {
    if (isActive) return segment.index;
    const { fileSystem } = this.#engine;
    const offsets = readWhole(fileSystem, segment.pathOf('index'));
    const times = readWhole(fileSystem, segment.pathOf('timeindex'));
    // It is built anew when it is wanted.
    if (offsets === null || times === null) return null;
    const { sizeInBytes } = segment;
    const relativeEnd = segment.endOffset - segment.baseOffset;
    const expected = { relativeEnd, sizeInBytes, mayEndBefore: true };
    const read = SegmentIndex.decode(offsets, times, expected);
    if (read === null) {
      this.#findings.push(`${segment.pathOf('index')} does not fit its segment, and is not used`);
    }
    return read?.index ?? null;
  }

  async #check({ segment, limit }: AuditedSegment, index: SegmentIndex): Promise<void> {
    const entries = new Map<number, Entry>();
    index.everyEntry((relativeOffset, position, maxTimestampBefore) => {
      if (position >= limit) return false;
      entries.set(position, {
        baseOffset: segment.baseOffset + relativeOffset,
        maxTimestampBefore,
      });
      return true;
    });
    let maxTimestamp = -1;
    const visit: HeaderVisitor = (header, position) => {
      const entry = entries.get(position);
      entries.delete(position);
      if (entry !== undefined && entry.baseOffset !== header.baseOffset) {
        this.#wrong(segment, position, `offset ${entry.baseOffset}, not ${header.baseOffset}`);
      } else if (entry !== undefined && entry.maxTimestampBefore !== maxTimestamp) {
        this.#wrong(segment, position, `${entry.maxTimestampBefore}, not ${maxTimestamp}, before`);
      }
      maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
      return true;
    };
    const isWhole = await this.#walk(segment, limit, visit);
    if (!isWhole) return;
    for (const [position, { baseOffset }] of entries) {
      this.#wrong(segment, position, `offset ${baseOffset}, where no batch begins`);
    }
  }

  /** False where the batches themselves are damaged, which others report. */
  async #walk(segment: Segment, limit: number, visit: HeaderVisitor): Promise<boolean> {
    try {
      await this.#engine.headers.walkLater({ file: segment.file, from: 0, to: limit }, visit);
    } catch (error) {
      if (error instanceof StorageError && error.code === 'corrupt') return false;
      throw error;
    }
    return true;
  }

  #wrong(segment: Segment, position: number, what: string): void {
    this.#findings.push(`${segment.pathOf('index')} has for byte ${position} ${what}`);
  }
}
