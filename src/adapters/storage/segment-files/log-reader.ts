import {
  BATCH_HEADER_BYTES,
  RecordBatch,
  batchSizeAt,
} from '../../../domain/model/log/record-batch.ts';
import { StorageError, type Allocate } from '../../../ports/log-storage.ts';
import type { LogEnd } from './commit-pipeline.ts';
import { handled } from './deferred.ts';
import type { Engine } from './engine.ts';
import { asStorageError, readAll, readAllLater } from './file-calls.ts';
import type { LogSearch, Place } from './log-search.ts';
import type { LogSegments } from './log-segments.ts';
import type { Segment } from './segment.ts';

const EMPTY = Buffer.alloc(0);
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

/** Reads what is committed: at once near the log's end, through the thread pool where the disk may have to turn. */
export class LogReader {
  readonly #engine: Engine;
  readonly #segments: LogSegments;
  readonly #search: LogSearch;
  readonly #readable: () => LogEnd;
  /** Where reads ended, by the offset that comes next: a consumer that goes on pays no walk. */
  readonly #remembered = new Map<number, Place>();
  #truncations = 0;

  constructor(parts: {
    engine: Engine;
    segments: LogSegments;
    search: LogSearch;
    readable: () => LogEnd;
  }) {
    this.#engine = parts.engine;
    this.#segments = parts.segments;
    this.#search = parts.search;
    this.#readable = parts.readable;
  }

  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    if (offset >= this.#readable().offset) return EMPTY;
    try {
      const near = this.#remembered.get(offset) ?? this.#search.floor(offset);
      if (!this.#isHot(near)) return this.#readCold(offset, maxBytes, allocate);
      const spans = this.#plan(this.#exact(offset), maxBytes);
      const bytes = allocate(lengthOf(spans));
      if (lengthOf(spans) > SYNC_READ_BYTES_MAX) return this.#readLater(spans, bytes);
      for (const part of partsOf(spans, bytes)) {
        readAll(this.#engine.fileSystem, this.#fdOf(part.segment), part.into, part.position);
      }
      return this.#whole(spans, bytes);
    } catch (error) {
      return handled(Promise.reject(asStorageError(error, 'a read from a log failed')));
    }
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

  async #readCold(offset: number, maxBytes: number, allocate: Allocate): Promise<Buffer> {
    const truncations = this.#truncations;
    try {
      if (!this.#remembered.has(offset)) await this.#warm(this.#search.floor(offset));
      if (truncations !== this.#truncations || offset >= this.#readable().offset) return EMPTY;
      const spans = this.#plan(this.#exact(offset), maxBytes);
      return await this.#readLater(spans, allocate(lengthOf(spans)));
    } catch (error) {
      throw asStorageError(error, 'a read from a log failed');
    }
  }

  /** Brings into the page cache what the walk for a position reads, so that the walk does not wait for the disk. */
  async #warm(place: Place): Promise<void> {
    const bytes = Math.min(WARM_BYTES, this.#search.limitOf(place.segment) - place.position);
    await this.#readSpan(place, Buffer.allocUnsafe(bytes));
  }

  async #readLater(spans: readonly Span[], bytes: Buffer): Promise<Buffer> {
    const truncations = this.#truncations;
    // Pins are set before the first wait: a trim meanwhile may remove the names of files, but not the files.
    const reads = partsOf(spans, bytes).map(part => this.#readSpan(part, part.into));
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'rejected') throw asStorageError(result.reason, 'a read failed');
    }
    return truncations === this.#truncations ? this.#whole(spans, bytes) : bytes.subarray(0, 0);
  }

  #readSpan({ segment, position }: Place, into: Buffer): Promise<void> {
    const { descriptors, fileSystem } = this.#engine;
    return descriptors.use(segment.file, fd => readAllLater(fileSystem, fd, into, position));
  }

  /** Cuts off what is not a whole batch, and remembers where the next read goes on. */
  #whole(spans: readonly Span[], bytes: Buffer): Buffer {
    const total = lengthOf(spans);
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
    if (from + cut.length === 0) throw new StorageError('corrupt', 'a batch in a log is damaged');
    this.#remember(cut.nextOffset, last.segment, last.position + cut.length);
    return bytes.subarray(0, from + cut.length);
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
