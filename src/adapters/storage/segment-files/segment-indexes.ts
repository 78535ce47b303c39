import { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import { INDEX_INTERVAL_BYTES } from './segment-scan.ts';
import { readWhole, writeWhole } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';
import type { HeaderWalk } from './header-walk.ts';

const LOADED_MAX = 64;

/** Writes the indexes of segments to their files, and loads them when they are asked for. */
export class SegmentIndexes {
  readonly #fileSystem: FileSystem;
  readonly #headers: HeaderWalk;
  /** Closed segments whose index is in memory, in order of use. */
  readonly #loaded = new Set<Segment>();

  constructor(fileSystem: FileSystem, headers: HeaderWalk) {
    this.#fileSystem = fileSystem;
    this.#headers = headers;
  }

  of(segment: Segment): SegmentIndex {
    if (segment.index === null) {
      this.load(segment, segment.sizeInBytes, segment.endOffset);
      this.letGo(segment);
    } else if (this.#loaded.has(segment)) this.letGo(segment);
    return segment.index!;
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

  /** Takes the index from the files if they fit the segment, and else from the headers of its batches. */
  load(segment: Segment, sizeInBytes: number, endOffset: number): void {
    const read = this.#read(segment, sizeInBytes, endOffset);
    if (read === null) this.rebuild(segment, sizeInBytes);
    else {
      segment.index = read.index;
      segment.maxTimestamp = read.maxTimestamp;
      segment.sizeInBytes = sizeInBytes;
      segment.endOffset = endOffset;
    }
  }

  /** Learns the segment anew from its first bytes; throws `corrupt`, and changes nothing, where headers make no sense. */
  rebuild(segment: Segment, sizeInBytes: number): void {
    const fresh = new Segment(segment.directory, segment.baseOffset, segment.createdAt);
    const range = { file: segment.file, from: 0, to: sizeInBytes };
    this.#headers.walk(range, (header, _, size) => {
      fresh.note(header, size, INDEX_INTERVAL_BYTES);
      return true;
    });
    segment.become(fresh);
  }

  /** Durable but for the names. A segment without entries has no files: a walk finds all there is to know at once. */
  async write(segment: Segment): Promise<void> {
    const index = this.of(segment);
    if (index.count === 0) return;
    const relativeEnd = segment.endOffset - segment.baseOffset;
    const times = index.timeBytes(relativeEnd, segment.maxTimestamp);
    await writeWhole(this.#fileSystem, segment.pathOf('index'), index.offsetBytes());
    await writeWhole(this.#fileSystem, segment.pathOf('timeindex'), times);
  }

  #read(segment: Segment, sizeInBytes: number, endOffset: number) {
    const offsets = readWhole(this.#fileSystem, segment.pathOf('index'));
    const times = readWhole(this.#fileSystem, segment.pathOf('timeindex'));
    if (offsets === null || times === null) return null;
    const relativeEnd = endOffset - segment.baseOffset;
    return SegmentIndex.decode(offsets, times, { relativeEnd, sizeInBytes });
  }
}
