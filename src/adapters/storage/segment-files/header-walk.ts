import {
  BATCH_HEADER_BYTES,
  RecordBatch,
  batchSizeAt,
} from '../../../domain/model/log/record-batch.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import type { Descriptors, LogFile } from './descriptors.ts';
import { readAll } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';

const CHUNK_BYTES = 64 * 1024;

/** Part of a file, in bytes; `to` is not in it. */
export interface FileRange {
  readonly file: LogFile;
  readonly from: number;
  readonly to: number;
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

  /** Visits the batches of a range that begins at one; gives the position where it stopped, or `to`. */
  walk(range: FileRange, visit: HeaderVisitor): number {
    let position = range.from;
    while (position < range.to) {
      const chunk = this.#read(range, position);
      let at = 0;
      while (at + BATCH_HEADER_BYTES <= chunk.length) {
        const size = checkedSize(chunk, at, range.to - position);
        const header = new RecordBatch(chunk.subarray(at, at + BATCH_HEADER_BYTES));
        if (!visit(header, position, size)) return position;
        at += size;
        position += size;
      }
    }
    return position;
  }

  /** The size of the batch that begins a range. */
  sizeAt(range: FileRange): number {
    const header = this.#chunk.subarray(0, BATCH_HEADER_BYTES);
    readAll(this.#fileSystem, this.#descriptors.fdOf(range.file), header, range.from);
    return checkedSize(header, 0, range.to - range.from);
  }

  #read(range: FileRange, position: number): Buffer {
    if (range.to - position < BATCH_HEADER_BYTES) throw corrupt();
    const chunk = this.#chunk.subarray(0, Math.min(CHUNK_BYTES, range.to - position));
    readAll(this.#fileSystem, this.#descriptors.fdOf(range.file), chunk, position);
    return chunk;
  }
}

function checkedSize(chunk: Buffer, at: number, left: number): number {
  const size = batchSizeAt(chunk, at);
  if (size < BATCH_HEADER_BYTES || size > left) throw corrupt();
  return size;
}

function corrupt(): StorageError {
  return new StorageError('corrupt', 'a batch header in a log file makes no sense');
}
