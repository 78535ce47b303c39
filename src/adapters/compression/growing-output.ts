import { corrupt, tooLarge } from './damage.ts';

const FIRST_BYTES = 4096;

/** Output that grows as it is really made, up to a bound, and can be copied from: what an LZ77 decoder writes to. */
export class GrowingOutput {
  readonly #maxBytes: number;
  #bytes: Buffer;
  #length = 0;

  /** `expected` bytes are only a first guess. */
  constructor(expected: number, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(FIRST_BYTES, expected)));
  }

  get length(): number {
    return this.#length;
  }

  /** The output so far, as a view. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const from = this.#claim(end - start);
    const out = this.#bytes;
    const shift = from - start;
    // For a few bytes a loop is quicker than the call that makes a view of them.
    if (end - start > 64) out.set(bytes.subarray(start, end), from);
    else for (let i = start; i < end; i++) out[shift + i] = bytes[i]!;
  }

  fill(byte: number, count: number): void {
    const from = this.#claim(count);
    this.#bytes.fill(byte, from, from + count);
  }

  /** Repeats `count` bytes from `distance` back, which must not lie before `floor`; the two may overlap. */
  repeat(distance: number, count: number, floor: number): void {
    const source = this.#length - distance;
    if (distance <= 0 || source < floor) throw corrupt('a match lies before the beginning');
    const from = this.#claim(count);
    const bytes = this.#bytes;
    if (distance >= count && count > 64) bytes.copyWithin(from, source, source + count);
    else for (let i = 0; i < count; i++) bytes[from + i] = bytes[source + i]!;
  }

  /** Takes the next `count` bytes; gives where they begin. */
  #claim(count: number): number {
    const from = this.#length;
    const end = from + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return from;
  }

  #grow(needed: number): void {
    if (needed > this.#maxBytes) throw tooLarge(this.#maxBytes);
    const size = Math.min(this.#maxBytes, Math.max(needed, this.#bytes.length * 2));
    const grown = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
