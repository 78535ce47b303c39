import {
  BATCH_HEADER_BYTES,
  RecordBatch,
  batchSizeAt,
} from '../../../domain/model/log/record-batch.ts';
import type { Allocate, StorageError } from '../../../ports/log-storage.ts';
import type { LogEnd } from './commit-pipeline.ts';
import { handled } from '../shared/deferred.ts';
import type { Engine } from './engine.ts';
import { asStorageError, readAll, readAllLater } from './file-calls.ts';
import type { LogSearch, Place } from './log-search.ts';
import type { LogSegments } from './log-segments.ts';
import { corruptAt } from './header-walk.ts';
import type { Segment } from './segment.ts';
import type { SoundReads } from './sound-reads.ts';

const EMPTY = Buffer.alloc(0);
const READ_FAILED = 'a read from a log failed';
const REMEMBERED_MAX = 16;
/** A larger read holds up the event loop longer than the thread pool's overhead costs. */
const SYNC_READ_BYTES_MAX = 2 * 1024 * 1024;
/** What a walk for a position reads at first. */
const WARM_BYTES = 64 * 1024;

/** A part of one segment; `isToEnd` when it ends where the segment's readable batches do. */
interface Span {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
  readonly isToEnd: boolean;
}

/** What is asked of a read; see PartitionLog. */
interface WantedRead {
  readonly offset: number;
  readonly maxBytes: number;
  readonly allocate: Allocate;
}

/** Reads what is committed: at once near the log's end, through the thread pool where the disk may have to turn. */
export class LogReader {
  readonly #engine: Engine;
  readonly #segments: LogSegments;
  readonly #search: LogSearch;
  readonly #readable: () => LogEnd;
  readonly #sound: SoundReads;
  /** Where reads ended, by the offset that comes next: a consumer that goes on pays no walk. */
  readonly #remembered = new Map<number, Place>();
  #truncations = 0;
  #refusal: StorageError | null = null;

  constructor(parts: {
    engine: Engine;
    segments: LogSegments;
    search: LogSearch;
    readable: () => LogEnd;
    sound: SoundReads;
  }) {
    this.#engine = parts.engine;
    this.#segments = parts.segments;
    this.#search = parts.search;
    this.#readable = parts.readable;
    this.#sound = parts.sound;
  }

  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    // Where the last batches of a log were removed, offsets below its end have nothing after them.
    const hasNone = this.#segments.active === undefined;
    if (hasNone || offset >= this.#readable().offset) return EMPTY;
    try {
      const known = this.#remembered.get(offset);
      const making = known === undefined ? this.#search.ready(offset) : null;
      const isCold = making !== null || !this.#isHot(known ?? this.#search.floor(offset));
      if (isCold) return this.#readCold({ offset, maxBytes, allocate }, making);
      const spans = this.#plan(this.#exact(offset), maxBytes);
      if (spans.length === 0) return EMPTY;
      const bytes = allocate(lengthOf(spans));
      if (lengthOf(spans) > SYNC_READ_BYTES_MAX) return this.#readLater(offset, spans, bytes);
      for (const part of partsOf(spans, bytes)) {
        readAll(this.#engine.fileSystem, this.#fdOf(part.segment), part.into, part.position);
      }
      return this.#whole(offset, spans, bytes);
    } catch (error) {
      return handled(Promise.reject(asStorageError(error, READ_FAILED)));
    }
  }

  /** Older batches lie elsewhere now; reads on their way go on with the files that they have. */
  rewritten(): void {
    this.#remembered.clear();
  }

  /** The files are somebody else's from now on: reads on their way reject. */
  end(refusal: StorageError): void {
    this.#refusal = refusal;
  }

  /** Positions are not what they were; reads on their way give nothing. */
  truncated(): void {
    this.#truncations += 1;
    this.#remembered.clear();
  }

  #exact(offset: number): Place {
    const known = this.#remembered.get(offset);
    if (known !== undefined && this.#segments.has(known.segment)) return this.#skipEnd(known);
    return this.#skipEnd(this.#search.find(offset));
  }

  /** The end of a segment is the beginning of the next one. */
  #skipEnd(place: Place): Place {
    let { segment, position } = place;
    const last = this.#readable().segment;
    while (segment !== last && position >= segment.sizeInBytes) {
      segment = this.#segments.after(segment)!;
      position = 0;
    }
    return { segment, position };
  }

  #isHot({ segment, position }: Place): boolean {
    const { hotTailBytes } = this.#engine;
    return this.#segments.bytesAfter(segment, position, hotTailBytes) < hotTailBytes;
  }

  /** As many bytes as may be returned, over as many segments as it takes; the last span may end within a batch. */
  #plan(from: Place, maxBytes: number): Span[] {
    const end = this.#readable();
    let room = Math.max(maxBytes, this.#firstSize(from, maxBytes));
    const spans: Span[] = [];
    let segment: Segment | undefined = from.segment;
    let position = from.position;
    while (segment !== undefined && room > 0) {
      const left = this.#search.limitOf(segment) - position;
      const length = Math.min(left, room);
      if (length > 0) spans.push({ segment, position, length, isToEnd: length === left });
      room -= length;
      segment = segment === end.segment ? undefined : this.#segments.after(segment);
      position = 0;
    }
    return spans;
  }

  /** The first batch is given even when it is too large; its size matters only where more follows than may be given. */
  #firstSize({ segment, position }: Place, maxBytes: number): number {
    const to = this.#search.limitOf(segment);
    if (to - position <= maxBytes) return 0;
    return this.#engine.headers.sizeAt({ file: segment.file, from: position, to });
  }

  async #readCold(read: WantedRead, making: Promise<void> | null): Promise<Buffer> {
    const { offset, maxBytes, allocate } = read;
    const truncations = this.#truncations;
    const isOver = (): boolean => this.#isCut(truncations) || offset >= this.#readable().offset;
    try {
      if (making !== null) await making;
      if (isOver()) return EMPTY;
      if (!this.#remembered.has(offset)) await this.#warm(this.#search.floor(offset));
      if (isOver()) return EMPTY;
      const spans = this.#plan(this.#exact(offset), maxBytes);
      if (spans.length === 0) return EMPTY;
      return await this.#readLater(offset, spans, allocate(lengthOf(spans)));
    } catch (error) {
      // A file that was cut ends early for whoever was reading it, which is no damage.
      if (isOver()) return EMPTY;
      throw asStorageError(error, READ_FAILED);
    }
  }

  /** Brings into the page cache what the walk for a position reads, so that the walk does not wait for the disk. */
  async #warm(place: Place): Promise<void> {
    const bytes = Math.min(WARM_BYTES, this.#search.limitOf(place.segment) - place.position);
    await this.#readSpan(place, Buffer.allocUnsafe(bytes));
  }

  async #readLater(offset: number, spans: readonly Span[], bytes: Buffer): Promise<Buffer> {
    const truncations = this.#truncations;
    // Pins are set before the first wait: a trim meanwhile may remove the names of files, but not the files.
    const reads = partsOf(spans, bytes).map(part => this.#readSpan(part, part.into));
    const results = await Promise.allSettled(reads);
    if (this.#isCut(truncations)) return bytes.subarray(0, 0);
    for (const result of results) {
      if (result.status === 'rejected') throw asStorageError(result.reason, READ_FAILED);
    }
    return this.#whole(offset, spans, bytes);
  }

  /** Whether the log was truncated since so many truncations; throws when its files must not be read any more. */
  #isCut(truncations: number): boolean {
    if (this.#refusal !== null) throw this.#refusal;
    return truncations !== this.#truncations;
  }

  #readSpan({ segment, position }: Place, into: Buffer): Promise<void> {
    const { descriptors, fileSystem } = this.#engine;
    return descriptors.use(segment.file, fd => readAllLater(fileSystem, fd, into, position));
  }

  /** Cuts off what is not a whole batch with a sound header, and remembers where the next read goes on. */
  #whole(offset: number, spans: readonly Span[], bytes: Buffer): Buffer {
    const total = lengthOf(spans);
    const sound = this.#soundBytes(offset, spans, bytes);
    if (sound < total) return bytes.subarray(0, sound);
    const last = spans.at(-1)!;
    const end = this.#readable();
    if (last.isToEnd) {
      const isLast = last.segment === end.segment;
      const next = isLast && last.position + last.length === end.position ? end.offset : -1;
      if (next >= 0) this.#remember(next, last.segment, last.position + last.length);
      else if (!isLast)
        this.#remember(last.segment.endOffset, last.segment, last.segment.sizeInBytes);
      return bytes.subarray(0, total);
    }
    const from = total - last.length;
    const cut = wholeBatches(bytes.subarray(from, total), last.segment.baseOffset);
    if (from + cut.length === 0) throw corruptAt(last.segment.file, last.position);
    this.#remember(cut.nextOffset, last.segment, last.position + cut.length);
    return bytes.subarray(0, from + cut.length);
  }

  /** How many bytes come before the first batch with a damaged header; throws `corrupt` when that is the first of all. */
  #soundBytes(offset: number, spans: readonly Span[], bytes: Buffer): number {
    let end = 0;
    let from = offset;
    // A read that goes on where another ended begins with a batch of its own.
    let leastBase = this.#remembered.has(offset) ? offset : 0;
    for (const { segment, into, position } of partsOf(spans, bytes)) {
      const read = { segment, offset: from, leastBase, position, bytes: into };
      const sound = this.#sound.soundBytes(read);
      end += sound;
      if (end === 0) throw corruptAt(segment.file, position);
      if (sound < into.length) return end;
      leastBase = from = segment.endOffset;
    }
    return end;
  }

  #remember(offset: number, segment: Segment, position: number): void {
    this.#remembered.delete(offset);
    this.#remembered.set(offset, { segment, position });
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#remembered.keys();
    this.#remembered.delete(oldest!);
  }

  #fdOf(segment: Segment): number {
    return this.#engine.descriptors.fdOf(segment.file);
  }
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + span.length, 0);
}

function partsOf(spans: readonly Span[], bytes: Buffer) {
  let at = 0;
  return spans.map(({ segment, position, length }) => {
    const into = bytes.subarray(at, at + length);
    at += length;
    return { segment, position, into };
  });
}

function wholeBatches(bytes: Buffer, offset: number): { length: number; nextOffset: number } {
  let length = 0;
  let nextOffset = offset;
  while (length + BATCH_HEADER_BYTES <= bytes.length) {
    const size = batchSizeAt(bytes, length);
    if (size < BATCH_HEADER_BYTES || length + size > bytes.length) break;
    nextOffset = new RecordBatch(bytes.subarray(length, length + size)).nextOffset;
    length += size;
  }
  return { length, nextOffset };
}
