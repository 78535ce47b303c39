/**
 * Zigzag variable-length integers, as in the records of a batch (Kafka's ByteUtils; Protocol Buffers' sint32 and sint64). A
 * varint is an int32 in at most 5 bytes; a varlong an int64 in at most 10, of which only the safe integers are accepted.
 */
const MORE = 0x80;
const SEVEN_BITS = 0x7f;
const MAX_VARINT_BYTES = 5;
const MAX_VARLONG_BYTES = 10;
const GROUP = 128;

/**
 * Reads from a window of bytes. After a value that is cut off, too long or too large, `failed` stays true and every number
 * that it gives is meaningless: a caller looks at `failed` once, after several reads.
 */
export class VarintReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  failed = false;

  varint(): number {
    // Nearly every number in a record fits in one byte: this path decides what a record costs.
    if (this.at < this.end) {
      const byte = this.bytes[this.at]!;
      if (byte < MORE) {
        this.at += 1;
        return (byte >>> 1) ^ -(byte & 1);
      }
    }
    const raw = this.#longVarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  varlong(): number {
    if (this.at < this.end) {
      const byte = this.bytes[this.at]!;
      if (byte < MORE) {
        this.at += 1;
        return (byte >>> 1) ^ -(byte & 1);
      }
    }
    return this.#longVarlong();
  }

  #longVarlong(): number {
    let unit = 1;
    let half = 0;
    let sign = 0;
    for (let read = 0; read < MAX_VARLONG_BYTES; read++) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++]!;
      if (read === 0) {
        sign = byte & 1;
        half = (byte & SEVEN_BITS) >>> 1;
        unit = GROUP / 2;
      } else {
        half += (byte & SEVEN_BITS) * unit;
        unit *= GROUP;
      }
      if (byte < MORE) return this.#signed(half, sign);
    }
    this.failed = true;
    return 0;
  }

  #signed(half: number, sign: number): number {
    if (half >= Number.MAX_SAFE_INTEGER) this.failed = true;
    return sign === 0 ? half : -half - 1;
  }

  #longVarint(): number {
    let value = 0;
    for (let read = 0; read < MAX_VARINT_BYTES; read++) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++]!;
      value |= (byte & SEVEN_BITS) << (7 * read);
      if (byte < MORE) return value;
    }
    this.failed = true;
    return 0;
  }
}

/** How many bytes `putVarlong` and `putVarint` write for this value. */
export function sizeOfVarlong(value: number): number {
  let rest = zigzag(value);
  let size = 1;
  while (rest >= MORE) {
    rest = Math.floor(rest / GROUP);
    size += 1;
  }
  return size;
}

/** Writes a safe integer up to 2^52 in size (a varint is a short varlong); gives the position after it. */
export function putVarlong(bytes: Buffer, value: number, at: number): number {
  let rest = zigzag(value);
  let next = at;
  while (rest >= MORE) {
    bytes[next++] = (rest % GROUP) | MORE;
    rest = Math.floor(rest / GROUP);
  }
  bytes[next++] = rest;
  return next;
}

export const putVarint = putVarlong;
export const sizeOfVarint = sizeOfVarlong;

/** Doubling stays exact up to 2^52: far beyond any length, delta or timestamp that a batch can hold. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
