/** A line without its end, or that one was too long and is dropped. */
export type Line = Buffer | 'too long';

const LF = 0x0a;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);

/** Cuts what comes into lines that end with LF or CRLF, and keeps no more of one than it may have bytes. */
export class LineReader {
  readonly #maxBytes: number;
  /** The beginning of a line that has not ended; null while the rest of one that is too long is passed over. */
  #begun: Buffer | null = NOTHING;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk. */
  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const line = this.#joined(chunk.subarray(start, end));
      start = end + 1;
      this.#begun = NOTHING;
      if (line !== null) yield line === 'too long' ? line : withoutCr(line);
    }
    if (start === chunk.length) return;
    const begun = this.#joined(chunk.subarray(start));
    this.#begun = Buffer.isBuffer(begun) ? begun : null;
    if (begun === 'too long') yield begun;
  }

  /** A last line that nothing ends. */
  *end(): Generator<Line> {
    if (this.#begun !== null && this.#begun.length > 0) yield withoutCr(this.#begun);
    this.#begun = NOTHING;
  }

  /** Null for what belongs to a line that was called too long before. */
  #joined(part: Buffer): Line | null {
    if (this.#begun === null) return null;
    const line = this.#begun.length === 0 ? part : Buffer.concat([this.#begun, part]);
    return withoutCr(line).length > this.#maxBytes ? 'too long' : line;
  }
}

function withoutCr(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
