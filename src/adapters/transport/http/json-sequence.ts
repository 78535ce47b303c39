import { losesDigits } from '../../../domain/model/json-text.ts';
import { HttpError } from './http-errors.ts';
import { SEND_IT_OTHERWISE } from './json-body.ts';
import { DEPTH_MAX } from './json-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);
const CHANGED = `a number has more digits than a double keeps: ${SEND_IT_OTHERWISE}`;

const NOTHING = Buffer.alloc(0);

/**
 * Takes a stream of concatenated JSON objects apart, as it comes, at any chunk boundaries; blanks may lie between objects. Holds no
 * more than one object that is not whole yet, in at most twice its bytes.
 */
export class JsonSequence {
  readonly #maxBytes: number;
  /** The beginning of an object, and room for more of it. */
  #held = NOTHING;
  #heldBytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  /** `maxBytes` bounds one object. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The objects that end in these bytes, or an HttpError in the place of one whose numbers would not be kept; throws an HttpError
   * for what is no object, or too large for one.
   */
  *objectsIn(chunk: Buffer): Generator<object | HttpError> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#depth === 0) {
        if (BLANK.has(byte)) {
          start = at + 1;
          continue;
        }
        if (byte !== 0x7b) throw new HttpError(40001, 'a record must be a JSON object');
      }
      if (!this.#ends(byte)) continue;
      yield this.#whole(chunk.subarray(start, at + 1));
      start = at + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** Throws when an object was begun and not ended. */
  end(): void {
    if (this.#heldBytes > 0) throw new HttpError(40001, 'the body ends in the middle of a record');
  }

  /** Goes past one byte of an object; whether the object ends with it. */
  #ends(byte: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString) {
      if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isInString = false;
    } else if (byte === QUOTE) this.#isInString = true;
    else if (OPENING.has(byte)) {
      if (++this.#depth > DEPTH_MAX) throw new HttpError(40001, 'a record is nested too deeply');
    } else if (CLOSING.has(byte)) return --this.#depth === 0;
    return false;
  }

  /** Copies: a buffer for each of many small pieces takes far more than they do. */
  #hold(piece: Buffer): void {
    const bytes = this.#within(this.#heldBytes + piece.length);
    if (bytes > this.#held.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#held.length));
      this.#held.copy(room, 0, 0, this.#heldBytes);
      this.#held = room;
    }
    piece.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #within(bytes: number): number {
    if (bytes <= this.#maxBytes) return bytes;
    throw new HttpError(413, `a record of more than ${this.#maxBytes} bytes`);
  }

  #whole(last: Buffer): object | HttpError {
    const text = this.#textWith(last);
    try {
      const whole = JSON.parse(text) as object;
      return losesDigits(text) ? new HttpError(42206, CHANGED) : whole;
    } catch (error) {
      throw new HttpError(40001, `a record is not JSON: ${(error as Error).message}`);
    }
  }

  /** Of the object that ends here; nothing is held after it. */
  #textWith(last: Buffer): string {
    if (this.#heldBytes === 0) {
      this.#within(last.length);
      return last.toString();
    }
    this.#hold(last);
    const text = this.#held.toString('utf8', 0, this.#heldBytes);
    this.#held = NOTHING;
    this.#heldBytes = 0;
    return text;
  }
}
