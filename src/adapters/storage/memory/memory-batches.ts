import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import type { Allocate } from '../../../ports/log-storage.ts';
import type { Arenas } from './arenas.ts';
import { MemoryChunk } from './memory-chunk.ts';

const EMPTY = Buffer.alloc(0);

/** A part of a chunk, in bytes. */
interface Span {
  readonly chunk: MemoryChunk;
  readonly from: number;
  readonly to: number;
}

/** The batches of one log, in arenas. */
export class MemoryBatches {
  readonly #arenas: Arenas;
  #chunks: MemoryChunk[] = [];
  sizeInBytes = 0;

  constructor(arenas: Arenas) {
    this.#arenas = arenas;
  }

  /** False, and nothing is taken, when the store's budget is used up. */
  append(batch: RecordBatch): boolean {
    let chunk = this.#chunks.at(-1);
    if (!chunk?.hasRoomFor(batch.sizeInBytes)) {
      const size = this.#arenas.sizeAfter(chunk?.arena.length ?? 0);
      const arena = this.#arenas.borrow(batch.sizeInBytes, size);
      if (arena === null) return false;
      chunk = new MemoryChunk(arena, batch.baseOffset);
      this.#chunks.push(chunk);
    }
    chunk.append(batch);
    this.sizeInBytes += batch.sizeInBytes;
    return true;
  }

  /** As the port's `read`, below `endOffset`. The bytes are copied, so that arenas can be used again at any time. */
  read(offset: number, endOffset: number, maxBytes: number, allocate: Allocate): Buffer {
    const spans = this.#spans(offset, endOffset, maxBytes);
    const total = spans.reduce((sum, { from, to }) => sum + to - from, 0);
    if (total === 0) return EMPTY;
    const bytes = allocate(total);
    let at = 0;
    for (const { chunk, from, to } of spans) at += chunk.arena.copy(bytes, at, from, to);
    return bytes.subarray(0, total);
  }

  /** The base offset of the first batch with offsets in the range whose max timestamp is that high; null if none is. */
  firstAt(timestamp: number, startOffset: number, endOffset: number): number | null {
    for (const chunk of this.#chunks) {
      for (let place = 0; place < chunk.baseOffsets.length; place++) {
        const base = chunk.baseOffsets[place]!;
        if (base >= endOffset) return null;
        if (chunk.nextOffsetOf(place) <= startOffset) continue;
        if (chunk.maxTimestampOf(place) >= timestamp) return base;
      }
    }
    return null;
  }

  /** Whether a batch begins at the offset. */
  hasBase(offset: number): boolean {
    const chunk = this.#chunks[this.#chunkOf(offset)];
    return chunk !== undefined && chunk.baseOffsets[chunk.find(offset)] === offset;
  }

  truncateTo(offset: number): void {
    while (this.#chunks.length > 0 && this.#chunks.at(-1)!.baseOffsets[0]! >= offset) {
      this.#giveBack(this.#chunks.pop()!);
    }
    const last = this.#chunks.at(-1);
    if (last === undefined) return;
    this.sizeInBytes -= last.used;
    last.truncateTo(offset);
    this.sizeInBytes += last.used;
  }

  /** Gives back the arenas in which nothing is left from `offset` on. */
  trimBefore(offset: number): void {
    const kept = this.#chunks.findIndex(chunk => chunk.endOffset > offset);
    const gone = this.#chunks.splice(0, kept < 0 ? this.#chunks.length : kept);
    for (const chunk of gone) this.#giveBack(chunk);
  }

  #giveBack(chunk: MemoryChunk): void {
    this.sizeInBytes -= chunk.used;
    this.#arenas.giveBack(chunk.arena);
  }

  #spans(offset: number, endOffset: number, maxBytes: number): Span[] {
    const spans: Span[] = [];
    let room = maxBytes;
    for (let at = this.#chunkOf(offset); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      const place = chunk.find(offset);
      if (chunk.baseOffsets[place]! >= endOffset) break;
      const from = chunk.positions[place]!;
      if (spans.length === 0) room = Math.max(room, chunk.endOf(place) - from);
      const to = chunk.endWithin(from + room, endOffset);
      if (to <= from) break;
      spans.push({ chunk, from, to });
      room -= to - from;
      // What follows must not be given when something before it did not fit.
      if (to < chunk.used) break;
    }
    return spans;
  }

  #chunkOf(offset: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.endOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
