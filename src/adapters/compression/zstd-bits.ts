import { corrupt } from './damage.ts';

/** The index of the highest bit that is set; -1 for 0. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}

/** The bits of a stream that is read from its end: the last byte holds a 1 bit that marks where they begin (RFC 8878, 4.1). */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  /** Bits not read yet. */
  left: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? bytes[end - 1]! : 0;
    if (last === 0) throw corrupt('zstd: a bit stream has no end mark');
    this.#bytes = bytes;
    this.#start = start;
    this.left = (end - start - 1) * 8 + highestBit(last);
  }

  /** Up to 24 bits. */
  read(count: number): number {
    this.left -= count;
    if (this.left < 0) throw corrupt('zstd: a bit stream is too short');
    const at = this.#start + (this.left >>> 3);
    const bytes = this.#bytes;
    const four =
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    return (four >>> (this.left & 7)) & ((1 << count) - 1);
  }

  /** Up to 30 bits. */
  readLong(count: number): number {
    if (count <= 24) return this.read(count);
    const high = this.read(count - 24);
    return (high << 24) | this.read(24);
  }
}
