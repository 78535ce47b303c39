import { corrupt } from './damage.ts';
import { highestBit } from './zstd-bits.ts';

/** A decoding table of finite state entropy: what a state stands for, and how the next one is read (RFC 8878, 4.1). */
export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** How precise a table may be, and how many symbols its alphabet has. */
export interface FseLimits {
  readonly logMax: number;
  readonly symbols: number;
}

/** The table of one symbol that every sequence uses. */
export function constantTable(symbol: number): FseTable {
  return {
    log: 0,
    symbols: Uint8Array.of(symbol),
    bits: new Uint8Array(1),
    bases: new Uint16Array(1),
  };
}

/** Reads a table's description; gives the table and the position of the first byte after it. */
export function readFseTable(
  bytes: Uint8Array,
  range: { readonly at: number; readonly end: number },
  limits: FseLimits,
): { table: FseTable; next: number } {
  const reader = new ForwardBits(bytes, range.at, range.end);
  const log = reader.read(4) + 5;
  if (log > limits.logMax) throw corrupt('zstd: an entropy table is too precise');
  const counts: number[] = [];
  let left = 1 << log;
  while (left > 0 && counts.length < limits.symbols) {
    const count = reader.readCount(left);
    counts.push(count);
    left -= Math.abs(count);
    if (count === 0) skipZeros(reader, counts);
  }
  if (left !== 0 || counts.length > limits.symbols) {
    throw corrupt('zstd: an entropy table does not add up');
  }
  return { table: buildFseTable(counts, log), next: reader.nextByte() };
}

/** After a count of zero, two bits at a time say how many more there are. */
function skipZeros(reader: ForwardBits, counts: number[]): void {
  for (let more = 3; more === 3;) {
    more = reader.read(2);
    for (let i = 0; i < more; i++) counts.push(0);
  }
}

/** Spreads symbols over the states by their counts; -1 stands for "less than one": a single state at the end. */
export function buildFseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const spread = spreadSymbols(counts, symbols);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const rank = spread[symbols[state]!]!++;
    const bit = log - highestBit(rank);
    bits[state] = bit;
    bases[state] = (rank << bit) - size;
  }
  return { log, symbols, bits, bases };
}

/** Fills `symbols`; gives the first rank of each symbol. */
function spreadSymbols(counts: readonly number[], symbols: Uint8Array): Uint16Array {
  const size = symbols.length;
  const ranks = new Uint16Array(counts.length);
  let high = size;
  counts.forEach((count, symbol) => {
    ranks[symbol] = Math.abs(count);
    if (count < 0) symbols[--high] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let state = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[state] = symbol;
      // The step has no common divisor with the size, so this passes over every low state once and ends.
      do state = (state + step) & (size - 1);
      while (state >= high);
    }
  });
  return ranks;
}

/** Bits read from the front, the lowest of a byte first. */
class ForwardBits {
  readonly #bytes: Uint8Array;
  readonly #endBit: number;
  #bit: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.#bit = at * 8;
    this.#endBit = end * 8;
  }

  /** Up to 16 bits. */
  read(count: number): number {
    const value = this.#peek(count);
    this.#take(count);
    return value;
  }

  /** A symbol's count, of which `left` can be given out at most: small values take a bit less. */
  readCount(left: number): number {
    const width = highestBit(left + 1) + 1;
    const low = (1 << (width - 1)) - 1;
    const threshold = (1 << width) - 1 - (left + 1);
    const value = this.#peek(width);
    if ((value & low) < threshold) {
      this.#take(width - 1);
      return (value & low) - 1;
    }
    this.#take(width);
    return (value > low ? value - threshold : value) - 1;
  }

  nextByte(): number {
    return (this.#bit + 7) >>> 3;
  }

  #peek(count: number): number {
    const at = this.#bit >>> 3;
    const bytes = this.#bytes;
    const three = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (three >>> (this.#bit & 7)) & ((1 << count) - 1);
  }

  #take(count: number): void {
    this.#bit += count;
    if (this.#bit > this.#endBit) throw corrupt('zstd: an entropy table is cut off');
  }
}
