import { isUtf8 } from 'node:buffer';
import { ProtocolError } from './protocol-error.ts';

/**
 * How many objects one request may become. At some 100 bytes each that is no more memory than the largest frame takes, while
 * one encoded byte could otherwise become an object of 100.
 */
export const OBJECT_BUDGET = 1_000_000;

const STRING_BYTES_MAX = 0x7fff;
const SHORT_TEXT_BYTES = 32;

/**
 * Cursor over one received frame, reused from frame to frame. Whatever is wrong with the bytes is a `ProtocolError`: every
 * length and count is compared with the bytes that are left before anything is allocated. Bytes are views into the frame and
 * live only as long as the frame's buffer does.
 */
export class WireReader {
  private buffer: Buffer = Buffer.alloc(0);
  private offset = 0;
  private end = 0;
  private budget = 0;

  /** Points the reader at `buffer[start, end)`, which may become at most `budget` objects. */
  reset(buffer: Buffer, start = 0, end = buffer.length, budget = OBJECT_BUDGET): this {
    if (start < 0 || end < start || end > buffer.length)
      throw new RangeError('frame lies outside its buffer');
    this.buffer = buffer;
    this.offset = start;
    this.end = end;
    this.budget = budget;
    return this;
  }

  /** Bytes not read yet. What a frame with trailing bytes means is for the caller to decide. */
  get remaining(): number {
    return this.end - this.offset;
  }

  /** Where the next read begins, in the frame's buffer. */
  get position(): number {
    return this.offset;
  }

  bool(): boolean {
    return this.buffer[this.advance(1)] !== 0;
  }

  int8(): number {
    return (this.buffer[this.advance(1)]! << 24) >> 24;
  }

  int16(): number {
    const at = this.advance(2);
    return ((this.buffer[at]! << 24) >> 16) | this.buffer[at + 1]!;
  }

  uint16(): number {
    return this.int16() & 0xffff;
  }

  int32(): number {
    return this.int32At(this.advance(4));
  }

  /** A 64-bit integer as a number; one past 2^53 is a protocol error, not a rounding. */
  int64(): number {
    const value = this.wideInteger();
    if (!Number.isSafeInteger(value)) throw new ProtocolError(`int64 ${value} is past 2^53`);
    return value;
  }

  /** As `int64`, but a value past 2^53 reads as the nearest safe integer: for fields where a client may ask for "beyond all". */
  saturatingInt64(): number {
    const value = this.wideInteger();
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
  }

  /** A 64-bit integer of which every bit counts, such as a hash. */
  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.advance(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.advance(8));
  }

  /** An unsigned varint of at most 5 bytes and 32 bits. */
  uvarint(): number {
    let byte = this.buffer[this.advance(1)]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.buffer[this.advance(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    byte = this.buffer[this.advance(1)]!;
    if (byte > 0x0f) throw new ProtocolError('varint is longer than 32 bits');
    return (value | (byte << 28)) >>> 0;
  }

  /** 16 bytes as Kafka prints them: 22 characters of base64url (org.apache.kafka.common.Uuid). */
  uuid(): string {
    const at = this.advance(16);
    return this.buffer.toString('base64url', at, at + 16);
  }

  string(): string {
    return this.text(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.text(length);
  }

  compactString(): string {
    return this.text(this.uvarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.text(length);
  }

  bytes(): Buffer {
    return this.view(this.int32());
  }

  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length === -1 ? null : this.view(length);
  }

  compactBytes(): Buffer {
    return this.view(this.uvarint() - 1);
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1;
    return length === -1 ? null : this.view(length);
  }

  nullableRecords(): Buffer | null {
    return this.nullableBytes();
  }

  compactNullableRecords(): Buffer | null {
    return this.compactNullableBytes();
  }

  /** The count of an array whose elements take at least `bytesMin` bytes and become `objects` objects each. */
  arrayLength(bytesMin: number, objects: number): number {
    return this.count(this.int32(), bytesMin, objects);
  }

  /** As `arrayLength`; -1 for null. */
  nullableArrayLength(bytesMin: number, objects: number): number {
    const count = this.int32();
    return count === -1 ? -1 : this.count(count, bytesMin, objects);
  }

  compactArrayLength(bytesMin: number, objects: number): number {
    return this.count(this.uvarint() - 1, bytesMin, objects);
  }

  compactNullableArrayLength(bytesMin: number, objects: number): number {
    const count = this.uvarint() - 1;
    return count === -1 ? -1 : this.count(count, bytesMin, objects);
  }

  /** How many tagged fields follow; each takes two bytes at least. */
  tagCount(): number {
    const count = this.uvarint();
    if (count > this.remaining >> 1) throw this.excess(`${count} tagged fields`);
    return count;
  }

  /** The next tag, which must be above `previous`: tags are sorted and unique (KIP-482). */
  nextTag(previous: number): number {
    const tag = this.uvarint();
    if (tag <= previous) throw new ProtocolError(`tag ${tag} follows tag ${previous}`);
    return tag;
  }

  /** Where the tagged field at hand ends. */
  tagEnd(): number {
    const size = this.uvarint();
    if (size > this.remaining) throw this.excess(`a tagged field of ${size} bytes`);
    return this.offset + size;
  }

  /** Demands that a known tagged field was read to its end. */
  expectEnd(end: number): void {
    if (this.offset !== end)
      throw new ProtocolError('a tagged field has another size than it claims');
  }

  skipTo(end: number): void {
    this.offset = end;
  }

  /** Passes over tagged fields nobody knows; retains nothing. */
  skipTags(): void {
    let previous = -1;
    for (let count = this.tagCount(); count > 0; count--) {
      previous = this.nextTag(previous);
      this.offset = this.tagEnd();
    }
  }

  private advance(bytes: number): number {
    const at = this.offset;
    if (at + bytes > this.end) throw this.excess(`${bytes} bytes`);
    this.offset = at + bytes;
    return at;
  }

  private int32At(at: number): number {
    const { buffer } = this;
    return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
  }

  private wideInteger(): number {
    const at = this.advance(8);
    return this.int32At(at) * 0x1_0000_0000 + (this.int32At(at + 4) >>> 0);
  }

  private count(count: number, bytesMin: number, objects: number): number {
    if (count < 0) throw new ProtocolError(`an array of ${count} elements`);
    if (count * bytesMin > this.remaining) throw this.excess(`an array of ${count} elements`);
    this.budget -= count * objects;
    if (this.budget < 0) throw new ProtocolError('the request holds more objects than one may');
    return count;
  }

  private view(length: number): Buffer {
    if (length < 0) throw new ProtocolError(`bytes of length ${length}`);
    const at = this.advance(length);
    return this.buffer.subarray(at, at + length);
  }

  private text(length: number): string {
    if (length < 0 || length > STRING_BYTES_MAX)
      throw new ProtocolError(`a string of length ${length}`);
    const at = this.advance(length);
    if (length <= SHORT_TEXT_BYTES && this.isAscii(at))
      return this.buffer.toString('latin1', at, this.offset);
    const text = this.buffer.toString('utf8', at, this.offset);
    // A replacement character is either what was sent or the sign of bytes that are no UTF-8.
    if (text.includes('\ufffd') && !isUtf8(this.buffer.subarray(at, this.offset))) {
      throw new ProtocolError('a string is not UTF-8');
    }
    return text;
  }

  private isAscii(from: number): boolean {
    const { buffer, offset } = this;
    for (let at = from; at < offset; at++) if (buffer[at]! > 0x7f) return false;
    return true;
  }

  private excess(what: string): ProtocolError {
    return new ProtocolError(`${what} wanted where ${this.remaining} bytes are left`);
  }
}
