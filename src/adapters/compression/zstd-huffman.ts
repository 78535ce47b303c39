import { corrupt } from './damage.ts';
import { BackwardBits, highestBit } from './zstd-bits.ts';
import { readFseTable, type FseTable } from './zstd-fse.ts';

/** Decodes literals: the next `log` bits give a symbol and how many of them belong to it (RFC 8878, 4.2). */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const WEIGHTS_MAX = 255;
const LOG_MAX = 11;
const WEIGHT_LIMITS = { logMax: 6, symbols: LOG_MAX + 2 };
const DIRECT = 128;

/** Reads a tree's description, which must end before `end`; gives the table and the position after it. */
export function readHuffmanTable(
  bytes: Uint8Array,
  at: number,
  end: number,
): { table: HuffmanTable; next: number } {
  const header = at < end ? bytes[at]! : 0;
  const count = header - DIRECT + 1;
  const size = header >= DIRECT ? (count + 1) >> 1 : header;
  const next = at + 1 + size;
  if (size === 0 || next > end) throw corrupt('zstd: a Huffman tree is cut off');
  const weights =
    header >= DIRECT ? directWeights(bytes, at + 1, count) : compressedWeights(bytes, at + 1, next);
  return { table: buildTable(weights), next };
}

function directWeights(bytes: Uint8Array, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = bytes[at + (i >> 1)]!;
    return i % 2 === 0 ? pair >> 4 : pair & 15;
  });
}

/** Two states take turns until the one to move lacks bits; the other then gives the last weight. */
function compressedWeights(bytes: Uint8Array, at: number, end: number): number[] {
  const { table, next } = readFseTable(bytes, { at, end }, WEIGHT_LIMITS);
  const stream = new BackwardBits(bytes, next, end);
  const weights: number[] = [];
  let state = stream.read(table.log);
  let other = stream.read(table.log);
  while (stream.left >= table.bits[state]!) {
    // A table of one symbol reads no bits at all: without this bound its stream would never end.
    if (weights.length >= WEIGHTS_MAX) throw corrupt('zstd: a Huffman tree has too many weights');
    weights.push(table.symbols[state]!);
    const moved = step(table, state, stream);
    state = other;
    other = moved;
  }
  weights.push(table.symbols[state]!, table.symbols[other]!);
  if (weights.length > WEIGHTS_MAX) throw corrupt('zstd: a Huffman tree has too many weights');
  return weights;
}

function step(table: FseTable, state: number, stream: BackwardBits): number {
  return table.bases[state]! + stream.read(table.bits[state]!);
}

/** The last weight is not sent: it is what makes the sum a power of two. */
function buildTable(sent: readonly number[]): HuffmanTable {
  const sum = sent.reduce((total, weight) => total + (weight > 0 ? 1 << (weight - 1) : 0), 0);
  const log = highestBit(sum) + 1;
  const rest = (1 << log) - sum;
  if (sum === 0 || log > LOG_MAX || (rest & (rest - 1)) !== 0) {
    throw corrupt('zstd: a Huffman tree does not add up');
  }
  const weights = [...sent, highestBit(rest) + 1];
  const symbols = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    const span = 1 << (weight - 1);
    weights.forEach((own, symbol) => {
      if (own !== weight) return;
      symbols.fill(symbol, at, at + span);
      bits.fill(log + 1 - weight, at, at + span);
      at += span;
    });
  }
  return { log, symbols, bits };
}

/** Decodes one stream, which fills `out` exactly and is used up exactly. */
export function decodeLiterals(
  table: HuffmanTable,
  bytes: Uint8Array,
  range: { readonly at: number; readonly end: number },
  out: Uint8Array,
): void {
  const { log, symbols, bits } = table;
  const { at: start, end } = range;
  const mask = (1 << log) - 1;
  let left = new BackwardBits(bytes, start, end).left;
  for (let i = 0; i < out.length; i++) {
    const shift = left - log;
    const at = shift < 0 ? start : start + (shift >>> 3);
    const three = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    // Near the start of the stream fewer bits are left than a whole index: zeros stand for the rest.
    const index = shift < 0 ? (three << -shift) & mask : (three >>> (shift & 7)) & mask;
    left -= bits[index]!;
    if (left < 0) throw corrupt('zstd: literals are cut off');
    out[i] = symbols[index]!;
  }
  if (left !== 0) throw corrupt('zstd: literals do not fill their stream');
}
