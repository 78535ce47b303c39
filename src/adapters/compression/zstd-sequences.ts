import { corrupt } from './damage.ts';
import { BackwardBits } from './zstd-bits.ts';
import { buildFseTable, constantTable, readFseTable, type FseTable } from './zstd-fse.ts';

/** One of the three numbers of a sequence: how its codes are sent, and what they mean (RFC 8878, 3.1.1.3.2.1). */
interface Field {
  readonly logMax: number;
  readonly symbols: number;
  readonly usual: FseTable;
}

/** The tables of literal lengths, offsets and match lengths: a later block of the frame may use them again. */
export interface SequenceTables {
  literalLengths: FseTable;
  offsets: FseTable;
  matchLengths: FseTable;
}

// prettier-ignore
const LITERAL_COUNTS = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
];
const MATCH_COUNTS = [1, 4, 3, ...times(6, 2), ...times(37, 1), ...times(7, -1)];
const OFFSET_COUNTS = [...times(6, 1), 2, 2, 2, ...times(15, 1), ...times(5, -1)];

/** Extra bits of each code; where a code's values begin follows from those before it. */
export const LITERAL_BITS = [
  ...times(16, 0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
export const MATCH_BITS = [
  ...times(32, 0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
];
export const LITERAL_BASES = basesOf(LITERAL_BITS, 0);
export const MATCH_BASES = basesOf(MATCH_BITS, 3);

const LITERALS: Field = { logMax: 9, symbols: 36, usual: buildFseTable(LITERAL_COUNTS, 6) };
const OFFSETS: Field = { logMax: 8, symbols: 32, usual: buildFseTable(OFFSET_COUNTS, 5) };
const MATCHES: Field = { logMax: 9, symbols: 53, usual: buildFseTable(MATCH_COUNTS, 6) };

const REPEAT = 3;

/** The sequences of one block: how many, their tables, and their bits. */
export interface SequenceSection {
  readonly count: number;
  readonly tables: SequenceTables | null;
  readonly stream: BackwardBits | null;
}

/** Reads the head of a sequences section, which ends at `end`; `previous` are the frame's tables so far. */
export function readSequences(
  bytes: Uint8Array,
  range: { readonly at: number; readonly end: number },
  previous: SequenceTables | null,
): SequenceSection {
  const { at, end } = range;
  const { count, next } = readCount(bytes, at, end);
  if (count === 0) {
    if (next !== end) throw corrupt('zstd: bytes follow the last sequence');
    return { count, tables: previous, stream: null };
  }
  if (next >= end) throw corrupt('zstd: sequences are cut off');
  const modes = bytes[next]!;
  if ((modes & 3) !== 0) throw corrupt('zstd: a reserved bit is set');
  const reader = new TableReader(bytes, next + 1, end);
  const literalLengths = reader.table(LITERALS, modes >> 6, previous?.literalLengths);
  const offsets = reader.table(OFFSETS, (modes >> 4) & 3, previous?.offsets);
  const matchLengths = reader.table(MATCHES, (modes >> 2) & 3, previous?.matchLengths);
  const stream = new BackwardBits(bytes, reader.at, end);
  return { count, tables: { literalLengths, offsets, matchLengths }, stream };
}

function readCount(bytes: Uint8Array, at: number, end: number): { count: number; next: number } {
  const first = at < end ? bytes[at]! : 255;
  if (first < 128 && at < end) return { count: first, next: at + 1 };
  if (at + (first < 255 ? 2 : 3) > end) throw corrupt('zstd: sequences are cut off');
  if (first < 255) return { count: ((first - 128) << 8) | bytes[at + 1]!, next: at + 2 };
  return { count: (bytes[at + 1]! | (bytes[at + 2]! << 8)) + 0x7f00, next: at + 3 };
}

/** Reads one table after the other. */
class TableReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  table(field: Field, mode: number, previous: FseTable | undefined): FseTable {
    if (mode === 0) return field.usual;
    if (mode === 1) return this.#constant(field);
    if (mode === REPEAT) {
      if (previous === undefined) throw corrupt('zstd: there is no table to use again');
      return previous;
    }
    const { table, next } = readFseTable(this.#bytes, { at: this.at, end: this.#end }, field);
    this.at = next;
    return table;
  }

  #constant(field: Field): FseTable {
    const symbol = this.at < this.#end ? this.#bytes[this.at]! : field.symbols;
    if (symbol >= field.symbols) throw corrupt('zstd: there is no such code');
    this.at += 1;
    return constantTable(symbol);
  }
}

function times(count: number, value: number): number[] {
  return new Array<number>(count).fill(value);
}

function basesOf(bits: readonly number[], first: number): number[] {
  let base = first;
  return bits.map(width => {
    const own = base;
    base += 2 ** width;
    return own;
  });
}
