/** Payloads below this are copied among the small fields: one more piece in a writev costs more than the copy. */
const COPY_BYTES_MAX = 2048;
const ROOM_MIN = 512;
const ROOM_MAX = 64 * 1024;
const FRAME_BYTES_MAX = 0x7fff_ffff;
const SHORT_TEXT_BYTES = 24;
const EMPTY = Buffer.alloc(0);

/** What `records` fields are written from: one view, or several that follow one another. */
export type Payload = Buffer | readonly Buffer[] | null;

/** A payload kept by reference, and where among the small fields it belongs. */
interface Insertion {
  readonly at: number;
  readonly payload: Buffer;
}

/**
 * Gathers frames for one `writev`: small fields go to one growing buffer, larger record payloads stay where they are. Write any
 * number of frames, each between `beginFrame` and `endFrame`, then `take` them all. Holds no memory between `take` and the next
 * frame, so that idle connections cost nothing.
 */
export class WireWriter {
  private buffer: Buffer = EMPTY;
  private offset = 0;
  private room = ROOM_MIN;
  private insertions: Insertion[] = [];
  private referencedBytes = 0;
  private frameStart = -1;
  private frameInsertions = 0;
  private frameReferencedBytes = 0;
  private tagDepth = 0;

  /** Bytes written and not yet taken, payloads included. */
  get size(): number {
    return this.offset + this.referencedBytes;
  }

  /** Opens a frame: its length is filled in by `endFrame`. */
  beginFrame(): void {
    if (this.frameStart >= 0) throw new Error('a frame is open already');
    this.frameStart = this.advance(4);
    this.frameInsertions = this.insertions.length;
    this.frameReferencedBytes = this.referencedBytes;
  }

  /** Closes the frame and returns its size in bytes without the length itself. */
  endFrame(): number {
    if (this.frameStart < 0) throw new Error('no frame is open');
    const referenced = this.referencedBytes - this.frameReferencedBytes;
    const size = this.offset - this.frameStart - 4 + referenced;
    if (size > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${size} bytes`);
    this.buffer.writeInt32BE(size, this.frameStart);
    this.frameStart = -1;
    return size;
  }

  /** Forgets the open frame, if any: what was written before it stays. For a message that failed half-way. */
  abandonFrame(): void {
    if (this.frameStart < 0) return;
    this.offset = this.frameStart;
    this.insertions.length = this.frameInsertions;
    this.referencedBytes = this.frameReferencedBytes;
    this.frameStart = -1;
    this.tagDepth = 0;
  }

  /** Everything written so far, in order. The pieces are the caller's: the writer never touches their bytes again. */
  take(): Buffer[] {
    if (this.frameStart >= 0) throw new Error('a frame is still open');
    const pieces: Buffer[] = [];
    let from = 0;
    for (const { at, payload } of this.insertions) {
      if (at > from) pieces.push(this.buffer.subarray(from, at));
      pieces.push(payload);
      from = at;
    }
    if (this.offset > from) pieces.push(this.buffer.subarray(from, this.offset));
    this.renew();
    return pieces;
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0);
  }

  int8(value: number): void {
    const at = this.advance(1);
    this.buffer[at] = value;
  }

  int16(value: number): void {
    const at = this.advance(2);
    this.buffer[at] = value >> 8;
    this.buffer[at + 1] = value;
  }

  uint16(value: number): void {
    this.int16(value);
  }

  int32(value: number): void {
    const at = this.advance(4);
    this.int32At(at, value);
  }

  /** A safe integer; anything else is a mistake of the caller. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`int64 from ${value}`);
    this.words(Math.floor(value / 0x1_0000_0000), value);
  }

  /** As `int64`, but the greatest safe integer stands for all that is past it, and travels as Long.MAX_VALUE. */
  saturatingInt64(value: number): void {
    if (value >= Number.MAX_SAFE_INTEGER) this.words(0x7fff_ffff, -1);
    else if (value <= Number.MIN_SAFE_INTEGER) this.words(-0x8000_0000, 0);
    else this.int64(value);
  }

  bigint64(value: bigint): void {
    const at = this.advance(8);
    this.buffer.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.advance(8);
    this.buffer.writeDoubleBE(value, at);
  }

  uvarint(value: number): void {
    this.ensure(5);
    const { buffer } = this;
    let at = this.offset;
    for (; value >= 0x80; value >>>= 7) buffer[at++] = (value & 0x7f) | 0x80;
    buffer[at++] = value;
    this.offset = at;
  }

  uuid(value: string): void {
    const at = this.advance(16);
    if (value.length !== 22 || this.buffer.write(value, at, 16, 'base64url') !== 16) {
      throw new TypeError(`not a uuid in Kafka's form: ${value}`);
    }
  }

  string(value: string): void {
    const length = textBytes(value);
    this.int16(length);
    this.text(value, length);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const length = textBytes(value);
    this.uvarint(length + 1);
    this.text(value, length);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  /** A large payload is kept by reference, as those of records are. */
  bytes(value: Buffer): void {
    this.int32(value.length);
    this.piece(value);
  }

  nullableBytes(value: Buffer | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Buffer): void {
    this.uvarint(value.length + 1);
    this.piece(value);
  }

  compactNullableBytes(value: Buffer | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  /** Record batches. A large payload is kept by reference: it must not change until what `take` gave has left. */
  nullableRecords(value: Payload): void {
    if (value === null) return this.int32(-1);
    this.int32(payloadBytes(value));
    this.payload(value);
  }

  compactNullableRecords(value: Payload): void {
    if (value === null) return this.uvarint(0);
    this.uvarint(payloadBytes(value) + 1);
    this.payload(value);
  }

  arrayLength(count: number): void {
    this.int32(count);
  }

  /** The count -1 stands for null. */
  compactArrayLength(count: number): void {
    this.uvarint(count + 1);
  }

  /** Opens a tagged field; give what it returns to `endTag`. */
  beginTag(tag: number): number {
    this.uvarint(tag);
    this.tagDepth++;
    return this.offset;
  }

  /** Closes a tagged field: its size goes before it, so that its bytes move up by the length of the size. */
  endTag(start: number): void {
    const end = this.offset;
    this.uvarint(end - start);
    const sizeBytes = this.offset - end;
    this.buffer.copyWithin(start + sizeBytes, start, end);
    this.offset = start;
    this.uvarint(end - start);
    this.offset = end + sizeBytes;
    this.tagDepth--;
  }

  private advance(bytes: number): number {
    this.ensure(bytes);
    const at = this.offset;
    this.offset = at + bytes;
    return at;
  }

  private ensure(bytes: number): void {
    if (this.offset + bytes <= this.buffer.length) return;
    const size = Math.max(this.room, this.buffer.length * 2, this.offset + bytes);
    const grown = Buffer.allocUnsafe(size);
    this.buffer.copy(grown, 0, 0, this.offset);
    this.buffer = grown;
  }

  /** The next buffer is about twice what the last flush took, and comes from Node's pool while that is small. */
  private renew(): void {
    this.room = Math.min(ROOM_MAX, Math.max(ROOM_MIN, this.offset * 2));
    this.buffer = EMPTY;
    this.offset = 0;
    this.insertions = [];
    this.referencedBytes = 0;
  }

  private int32At(at: number, value: number): void {
    const { buffer } = this;
    buffer[at] = value >> 24;
    buffer[at + 1] = value >> 16;
    buffer[at + 2] = value >> 8;
    buffer[at + 3] = value;
  }

  private words(high: number, low: number): void {
    const at = this.advance(8);
    this.int32At(at, high);
    this.int32At(at + 4, low); // the shifts keep the low 32 bits, whatever lies above them
  }

  private text(value: string, length: number): void {
    const at = this.advance(length);
    const { buffer } = this;
    if (length !== value.length || length > SHORT_TEXT_BYTES) {
      buffer.write(value, at, length, 'utf8');
      return;
    }
    for (let i = 0; i < length; i++) buffer[at + i] = value.charCodeAt(i);
  }

  private payload(value: Buffer | readonly Buffer[]): void {
    if (Buffer.isBuffer(value)) this.piece(value);
    else for (const piece of value) this.piece(piece);
  }

  private piece(payload: Buffer): void {
    // A tagged field moves when it is closed, so that nothing may be inserted in it.
    if (payload.length < COPY_BYTES_MAX || this.tagDepth > 0) {
      const at = this.advance(payload.length);
      payload.copy(this.buffer, at);
      return;
    }
    this.insertions.push({ at: this.offset, payload });
    this.referencedBytes += payload.length;
  }
}

function textBytes(value: string): number {
  const length = Buffer.byteLength(value);
  if (length > 0x7fff) throw new RangeError(`a string of ${length} bytes`);
  return length;
}

function payloadBytes(value: Buffer | readonly Buffer[]): number {
  if (Buffer.isBuffer(value)) return value.length;
  let total = 0;
  for (const piece of value) total += piece.length;
  return total;
}
