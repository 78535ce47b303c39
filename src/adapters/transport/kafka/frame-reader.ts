import type { BufferPool } from './buffer-pool.ts';
import { ProtocolError } from './wire/protocol-error.ts';

const LENGTH_BYTES = 4;

/** Is given one frame, without its length, as `buffer[start, end)`: valid only until it returns. */
export type OnFrame = (buffer: Buffer, start: number, end: number) => void;

/**
 * Cuts a stream of bytes into frames (int32 length, then that many bytes). Frames that lie whole in a chunk are handed on in place;
 * only one that is cut by the chunk's end is copied, into memory that grows with what was received and never with what a length
 * claims. Throws ProtocolError for a length that is not positive or above the bound.
 */
export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #onFrame: OnFrame;
  readonly #pool: BufferPool;
  #partial: Buffer | null = null;
  #have = 0;

  constructor(maxFrameBytes: number, pool: BufferPool, onFrame: OnFrame) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#pool = pool;
    this.#onFrame = onFrame;
  }

  /** Whether a frame has begun and not ended. */
  get incomplete(): boolean {
    return this.#have > 0;
  }

  /** The bytes of the chunk are the caller's again when it returns. */
  push(chunk: Buffer): void {
    let at = this.#have > 0 ? this.#complete(chunk) : 0;
    while (chunk.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + this.#frameBytes(chunk, at);
      if (end > chunk.length) break;
      this.#onFrame(chunk, at + LENGTH_BYTES, end);
      at = end;
    }
    if (at < chunk.length) this.#keep(chunk, at, chunk.length);
  }

  /** Takes from the chunk what the frame under way lacks; returns where the next one begins. */
  #complete(chunk: Buffer): number {
    let at = 0;
    if (this.#have < LENGTH_BYTES) {
      at = Math.min(chunk.length, LENGTH_BYTES - this.#have);
      this.#keep(chunk, 0, at);
      if (this.#have < LENGTH_BYTES) return at;
    }
    const total = LENGTH_BYTES + this.#frameBytes(this.#partial!, 0);
    const end = Math.min(chunk.length, at + total - this.#have);
    this.#keep(chunk, at, end);
    if (this.#have === total) this.#release(total);
    return end;
  }

  #release(total: number): void {
    const frame = this.#partial!;
    this.#partial = null;
    this.#have = 0;
    this.#onFrame(frame, LENGTH_BYTES, total);
    this.#pool.giveBack(frame);
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const need = this.#have + to - from;
    if (this.#partial === null || need > this.#partial.length) this.#grow(need);
    chunk.copy(this.#partial!, this.#have, from, to);
    this.#have = need;
  }

  /** Doubles, so that a large frame is not copied at every chunk; a claimed length is no reason to take more. */
  #grow(need: number): void {
    const grown = this.#pool.take(Math.max(need, 2 * this.#have));
    if (this.#partial !== null) {
      this.#partial.copy(grown, 0, 0, this.#have);
      this.#pool.giveBack(this.#partial);
    }
    this.#partial = grown;
  }

  #frameBytes(buffer: Buffer, at: number): number {
    const bytes = buffer.readInt32BE(at);
    if (bytes > 0 && bytes <= this.#maxFrameBytes) return bytes;
    throw new ProtocolError(
      `a frame of ${bytes} bytes is not between 1 and ${this.#maxFrameBytes}`,
    );
  }
}
