import { NO_TIMESTAMP } from '../../../domain/model/log/record-batch.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import { Segment } from './segment.ts';
import { SegmentIndex, type IndexedSegment } from './segment-index.ts';
import { INDEX_INTERVAL_BYTES } from './segment-scan.ts';
import { readWhole, writeWhole } from './file-calls.ts';
import { cleanedName } from './partition-names.ts';
import type { FileSystem } from './file-system.ts';
import { corruptAt, type FileRange, type HeaderVisitor, type HeaderWalk } from './header-walk.ts';

const LOADED_MAX = 64;

/** Where a segment ends, in its file and in its log. */
export interface SegmentEnd {
  readonly sizeInBytes: number;
  readonly endOffset: number;
}

/** Writes the indexes of segments to their files, and loads them when they are asked for. */
export class SegmentIndexes {
  readonly #fileSystem: FileSystem;
  readonly #headers: HeaderWalk;
  /** Closed segments whose index is in memory, in order of use. */
  readonly #loaded = new Set<Segment>();
  /** Those whose index is being made. */
  readonly #building = new Map<Segment, Promise<void>>();

  constructor(fileSystem: FileSystem, headers: HeaderWalk) {
    this.#fileSystem = fileSystem;
    this.#headers = headers;
  }

  /** At once; where the files do not fit, all headers are read for it: see `ready`. */
  of(segment: Segment): SegmentIndex {
    if (segment.index === null && !this.#isRead(segment)) {
      const fresh = emptied(segment);
      asFarAsGood(() => this.#headers.walk(wholeOf(segment), noting(fresh)));
      this.#adopt(segment, fresh);
    } else if (this.#loaded.has(segment)) this.letGo(segment);
    return segment.index!;
  }

  /**
   * Null when `of` answers without reading more than an index; else resolves when it does, once the headers of all batches have been
   * read, with pauses. Behind damage the index has no entries: what lies there can be found no more, and what lies before it can.
   */
  ready(segment: Segment): Promise<void> | null {
    if (segment.index !== null || this.#isRead(segment)) return null;
    const begun = this.#building.get(segment);
    if (begun !== undefined) return begun;
    const building = this.#build(segment).finally(() => this.#building.delete(segment));
    this.#building.set(segment, building);
    return building;
  }

  /** Lets a segment's index go from memory when others are wanted more: its files have it. */
  letGo(segment: Segment): void {
    this.#loaded.delete(segment);
    this.#loaded.add(segment);
    for (const oldest of this.#loaded) {
      if (this.#loaded.size <= LOADED_MAX) return;
      this.forget(oldest);
    }
  }

  forget(segment: Segment): void {
    if (this.#loaded.delete(segment)) segment.index = null;
  }

  /**
   * Learns the segment's first bytes, which end at an offset that may be one after its last batch: from the files of the index if
   * they fit, and else from the headers of all batches, with pauses. Throws `corrupt`, and changes nothing, where these make no
   * sense.
   */
  async load(segment: Segment, end: SegmentEnd, mayEndBefore = false): Promise<void> {
    const { sizeInBytes, endOffset } = end;
    const relativeEnd = endOffset - segment.baseOffset;
    const read = this.#read(segment, { sizeInBytes, relativeEnd, mayEndBefore });
    if (read === null) return this.#rebuild(segment, end);
    segment.index = read.index;
    segment.maxTimestamp = read.maxTimestamp;
    segment.sizeInBytes = sizeInBytes;
    segment.endOffset = endOffset;
  }

  /** The segment ends where a batch begins or the last one ends; it is going to be written to, so its index stays in memory. */
  cut(segment: Segment, { sizeInBytes, endOffset }: SegmentEnd): void {
    const index = this.of(segment);
    const last = index.lastBefore(sizeInBytes);
    let { maxTimestamp } = last;
    const rest = { file: segment.file, from: last.position, to: sizeInBytes };
    this.#headers.walk(rest, header => {
      maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
      return true;
    });
    this.#loaded.delete(segment);
    index.cutTo(sizeInBytes);
    segment.cut(sizeInBytes, last.position);
    segment.maxTimestamp = maxTimestamp;
    segment.endOffset = endOffset;
    this.learnFirstTimestamp(segment);
  }

  /** An index does not tell from when a segment's age counts; where its first batch does not either, it is its file's. */
  learnFirstTimestamp(segment: Segment): void {
    if (segment.sizeInBytes === 0 || segment.firstTimestamp !== NO_TIMESTAMP) return;
    asFarAsGood(() =>
      this.#headers.walk(wholeOf(segment), header => {
        segment.firstTimestamp = header.maxTimestamp;
        return false;
      }),
    );
  }

  /** Durable but for the names; after a crash each file is whole or not there. A segment without entries has no files: a walk finds all there is to know at once. */
  async write(segment: Segment): Promise<void> {
    const index = this.of(segment);
    if (index.count === 0) return this.#removeFiles(segment);
    const relativeEnd = segment.endOffset - segment.baseOffset;
    const times = index.timeBytes(relativeEnd, segment.maxTimestamp);
    await this.#replace(segment.pathOf('index'), index.offsetBytes());
    await this.#replace(segment.pathOf('timeindex'), times);
  }

  /** Those that are there are of batches that were cut off. */
  #removeFiles(segment: Segment): void {
    this.#fileSystem.remove(segment.pathOf('index'));
    this.#fileSystem.remove(segment.pathOf('timeindex'));
  }

  async #replace(path: string, bytes: Buffer): Promise<void> {
    const cleaned = cleanedName(path);
    try {
      await writeWhole(this.#fileSystem, cleaned, bytes);
      this.#fileSystem.rename(cleaned, path);
    } catch (error) {
      this.#fileSystem.remove(cleaned);
      throw error;
    }
  }

  async #rebuild(segment: Segment, { sizeInBytes, endOffset }: SegmentEnd): Promise<void> {
    const fresh = emptied(segment);
    const range = { file: segment.file, from: 0, to: sizeInBytes };
    await this.#headers.walkLater(range, noting(fresh));
    if (fresh.endOffset > endOffset) throw corruptAt(segment.file, 0);
    fresh.endOffset = endOffset;
    segment.become(fresh);
  }

  async #build(segment: Segment): Promise<void> {
    const fresh = emptied(segment);
    await this.#headers.walkLater(wholeOf(segment), noting(fresh)).catch(unlessDamaged);
    // It may have been cut meanwhile, which takes an index of what is left.
    if (segment.index === null) this.#adopt(segment, fresh);
  }

  #adopt(segment: Segment, fresh: Segment): void {
    segment.index = fresh.index;
    segment.maxTimestamp = fresh.maxTimestamp;
    this.letGo(segment);
  }

  /** Takes the index of a closed segment from its files, if they fit. */
  #isRead(segment: Segment): boolean {
    const { sizeInBytes } = segment;
    const relativeEnd = segment.endOffset - segment.baseOffset;
    const read = this.#read(segment, { sizeInBytes, relativeEnd, mayEndBefore: true });
    if (read === null) return false;
    segment.index = read.index;
    segment.maxTimestamp = read.maxTimestamp;
    this.letGo(segment);
    return true;
  }

  #read(segment: Segment, expected: IndexedSegment) {
    const offsets = readWhole(this.#fileSystem, segment.pathOf('index'));
    const times = readWhole(this.#fileSystem, segment.pathOf('timeindex'));
    if (offsets === null || times === null) return null;
    return SegmentIndex.decode(offsets, times, expected);
  }
}

function emptied({ directory, baseOffset, createdAt }: Segment): Segment {
  return new Segment(directory, baseOffset, createdAt);
}

function wholeOf({ file, sizeInBytes }: Segment): FileRange {
  return { file, from: 0, to: sizeInBytes };
}

function noting(fresh: Segment): HeaderVisitor {
  return (header, _, size) => {
    fresh.note(header, size, INDEX_INTERVAL_BYTES);
    return true;
  };
}

function asFarAsGood(walk: () => void): void {
  try {
    walk();
  } catch (error) {
    unlessDamaged(error);
  }
}

/** Damage has been come upon, which whoever reads there is told of; a disk that fails may read well the next time. */
function unlessDamaged(error: unknown): void {
  if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error as Error;
}
