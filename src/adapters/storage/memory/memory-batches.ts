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
  /** Bytes in the chunks, those of trimmed batches included. */
  #heldBytes = 0;
  #startOffset = 0;

  constructor(arenas: Arenas) {
    this.#arenas = arenas;
  }

  /** Without the batches that lie whole below the start. */
  get sizeInBytes(): number {
    const first = this.#chunks[0];
    if (first === undefined) return 0;
    return this.#heldBytes - (first.positions[first.find(this.#startOffset)] ?? first.used);
  }

  /** No batches yet, for the same store. */
  another(): MemoryBatches {
    return new MemoryBatches(this.#arenas);
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
    this.#heldBytes += batch.sizeInBytes;
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
      for (let place = 0; place < chunk.count; place++) {
        const base = chunk.baseOffsets[place]!;
        if (base >= endOffset) return null;
        if (chunk.nextOffsetOf(place) <= startOffset) continue;
        if (chunk.maxTimestampOf(place) >= timestamp) return base;
      }
    }
    return null;
  }

  /** The lowest base offset below `endOffset` from which on there are no more than `bytes` up to there; null if none is. */
  firstKeeping(bytes: number, endOffset: number): number | null {
    let room = bytes;
    let found: number | null = null;
    for (let at = this.#chunks.length - 1; at >= 0; at--) {
      const chunk = this.#chunks[at]!;
      for (let place = chunk.count - 1; place >= 0; place--) {
        const base = chunk.baseOffsets[place]!;
        if (base >= endOffset) continue;
        if (chunk.nextOffsetOf(place) <= this.#startOffset) return found;
        room -= chunk.endOf(place) - chunk.positions[place]!;
        if (room < 0) return found;
        found = base;
      }
    }
    return found;
  }

  /** Whether a batch begins at the offset. */
  hasBase(offset: number): boolean {
    return this.at(offset)?.baseOffset === offset;
  }

  /** A view of the batch that holds the offset, or of the next one. */
  at(offset: number): RecordBatch | null {
    const chunk = this.#chunks[this.#chunkOf(offset)];
    return chunk?.batchAt(chunk.find(offset)) ?? null;
  }

  /** Gives the bytes dropped. */
  truncateTo(offset: number): number {
    const before = this.#heldBytes;
    while (this.#chunks.length > 0 && this.#chunks.at(-1)!.baseOffsets[0]! >= offset) {
      this.#giveBack(this.#chunks.pop()!);
    }
    const last = this.#chunks.at(-1);
    if (last !== undefined) {
      this.#heldBytes -= last.used;
      last.truncateTo(offset);
      this.#heldBytes += last.used;
    }
    return before - this.#heldBytes;
  }

  /** Drops all batches; the next one may have any offset from `offset` on. */
  restartAt(offset: number): void {
    for (const chunk of this.#chunks.splice(0)) this.#giveBack(chunk);
    this.#startOffset = offset;
  }

  /** Gives back the arenas in which nothing is left from `offset` on. */
  trimBefore(offset: number): void {
    this.#startOffset = offset;
    const kept = this.#chunks.findIndex(chunk => chunk.endOffset > offset);
    const gone = this.#chunks.splice(0, kept < 0 ? this.#chunks.length : kept);
    for (const chunk of gone) this.#giveBack(chunk);
  }

  /**
   * Puts other batches in the place of those that begin below `to`, and takes them over. False, and nothing changes, when the
   * store's budget is used up.
   */
  replaceBelow(to: number, others: MemoryBatches): boolean {
    const from = this.#chunks.findIndex(chunk => chunk.endOffset > to);
    const whole = from < 0 ? this.#chunks.length : from;
    const divided = this.#chunks[whole];
    const hasBoth = divided !== undefined && divided.baseOffsets[0]! < to;
    if (hasBoth && !copyFrom(divided, to, others)) return false;
    const gone = this.#chunks.splice(0, hasBoth ? whole + 1 : whole);
    for (const chunk of gone) this.#giveBack(chunk);
    this.#chunks.unshift(...others.#chunks);
    this.#heldBytes += others.#heldBytes;
    return true;
  }

  #giveBack(chunk: MemoryChunk): void {
    this.#heldBytes -= chunk.used;
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

function copyFrom(chunk: MemoryChunk, offset: number, to: MemoryBatches): boolean {
  const first = chunk.baseOffsets.findIndex(base => base >= offset);
  for (let place = first; place < chunk.count; place++) {
    if (!to.append(chunk.batchAt(place))) return false;
  }
  return true;
}
