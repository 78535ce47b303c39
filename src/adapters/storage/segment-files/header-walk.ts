import {
  BATCH_HEADER_BYTES,
  MAGIC,
  RecordBatch,
  batchSizeAt,
} from '../../../domain/model/log/record-batch.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import type { Descriptors, LogFile } from './descriptors.ts';
import { readAll } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';

const CHUNK_BYTES = 64 * 1024;
/** Bytes of a log that are walked over before others have their turn. */
const SLICE_BYTES = 1024 * 1024;

/** Part of a file, in bytes; `to` is not in it. */
export interface FileRange {
  readonly file: LogFile;
  readonly from: number;
  readonly to: number;
  /** Where no offset is missing: the one with which the range begins. */
  readonly firstOffset?: number | null;
}

/** Sees one batch's header, where it lies and how long the batch is; says whether to go on. */
export type HeaderVisitor = (header: RecordBatch, position: number, size: number) => boolean;

/** Goes from batch to batch by their headers, reading as little of the rest as chunks allow. */
export class HeaderWalk {
  readonly #fileSystem: FileSystem;
  readonly #descriptors: Descriptors;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

  constructor(fileSystem: FileSystem, descriptors: Descriptors) {
    this.#fileSystem = fileSystem;
    this.#descriptors = descriptors;
  }

  /**
   * Visits the batches of a range that begins at one; gives the position where it stopped, or `to`. Throws `corrupt`, with the
   * place, where a header is none, or does not follow the one before.
   */
  walk(range: FileRange, visit: HeaderVisitor): number {
    let position = range.from;
    const isGapless = (range.firstOffset ?? null) !== null;
    let next = range.firstOffset ?? 0;
    while (position < range.to) {
      const chunk = this.#read(range, position);
      let at = 0;
      while (at + BATCH_HEADER_BYTES <= chunk.length) {
        const size = checkedSize(chunk, at, { file: range.file, from: position, to: range.to });
        const header = new RecordBatch(chunk.subarray(at, at + BATCH_HEADER_BYTES));
        if (!follows(header, next, isGapless)) throw corruptAt(range.file, position);
        if (!visit(header, position, size)) return position;
        next = header.nextOffset;
        at += size;
        position += size;
      }
    }
    return position;
  }

  /** As `walk`, a slice at a time; the file stays the one that it was when this was called, whatever becomes of its name. */
  async walkLater(range: FileRange, visit: HeaderVisitor): Promise<number> {
    const slice = new Slice(range, visit);
    await this.#descriptors.use(range.file, async () => {
      while (!slice.isOver) {
        slice.endedAt(this.walk(slice, slice.visit));
        await new Promise(resolve => setImmediate(resolve));
      }
    });
    return slice.from;
  }

  /** The size of the batch that begins a range. */
  sizeAt(range: FileRange): number {
    const header = this.#chunk.subarray(0, BATCH_HEADER_BYTES);
    readAll(this.#fileSystem, this.#descriptors.fdOf(range.file), header, range.from);
    return checkedSize(header, 0, range);
  }

  #read(range: FileRange, position: number): Buffer {
    if (range.to - position < BATCH_HEADER_BYTES) throw corruptAt(range.file, position);
    const chunk = this.#chunk.subarray(0, Math.min(CHUNK_BYTES, range.to - position));
    readAll(this.#fileSystem, this.#descriptors.fdOf(range.file), chunk, position);
    return chunk;
  }
}

/** What is left of a range, and is gone through a slice at a time. */
class Slice implements FileRange {
  readonly file: LogFile;
  readonly to: number;
  from: number;
  firstOffset: number | null;
  readonly #visit: HeaderVisitor;
  #isStopped = false;
  #next: number | null;
  #least = 0;

  constructor(range: FileRange, visit: HeaderVisitor) {
    this.file = range.file;
    this.from = range.from;
    this.to = range.to;
    this.firstOffset = this.#next = range.firstOffset ?? null;
    this.#visit = visit;
  }

  get isOver(): boolean {
    return this.#isStopped || this.from >= this.to;
  }

  readonly visit: HeaderVisitor = (header, position, size) => {
    if (position >= this.from + SLICE_BYTES) return false;
    if (header.baseOffset < this.#least) throw corruptAt(this.file, position);
    this.#isStopped = !this.#visit(header, position, size);
    if (this.#isStopped) return false;
    this.#least = header.nextOffset;
    if (this.firstOffset !== null) this.#next = header.nextOffset;
    return true;
  };

  endedAt(position: number): void {
    this.from = position;
    this.firstOffset = this.#next;
  }
}

function checkedSize(chunk: Buffer, at: number, { file, from, to }: FileRange): number {
  const size = batchSizeAt(chunk, at);
  if (size < BATCH_HEADER_BYTES || size > to - from) throw corruptAt(file, from);
  return size;
}

function follows(header: RecordBatch, next: number, isGapless: boolean): boolean {
  const { magic, baseOffset, lastOffsetDelta } = header;
  if (magic !== MAGIC || lastOffsetDelta < 0) return false;
  return isGapless ? baseOffset === next : baseOffset >= next;
}

export function corruptAt(file: LogFile, position: number): StorageError {
  const message = `${file.path} is damaged at byte ${position}`;
  return new StorageError('corrupt', message, { cause: { file: file.path, position } });
}
