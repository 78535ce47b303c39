import { corrupt } from './damage.ts';
import type { GrowingOutput } from './growing-output.ts';
import type { BackwardBits } from './zstd-bits.ts';
import type { FseTable } from './zstd-fse.ts';
import { decodeLiterals, readHuffmanTable, type HuffmanTable } from './zstd-huffman.ts';
import {
  LITERAL_BASES,
  LITERAL_BITS,
  MATCH_BASES,
  MATCH_BITS,
  readSequences,
  type SequenceTables,
} from './zstd-sequences.ts';

/** The most that one block can hold (RFC 8878, 3.1.1.2.3). */
export const BLOCK_BYTES_MAX = 128 * 1024;
/** Windows end at 128 MiB, as in the reference decoder, so no offset has more bits. */
const OFFSET_BITS_MAX = 27;
const STREAMS = 4;
const RAW = 0;
const CONSTANT = 1;
const TREE = 2;

interface LiteralsHeader {
  readonly kind: number;
  readonly size: number;
  /** Bytes of the section after its header; for raw and constant literals they follow from the size. */
  readonly stored: number;
  readonly streams: number;
  readonly next: number;
}

/** Decodes the compressed blocks of one frame, which lean on those before them. */
export class BlockDecoder {
  readonly #out: GrowingOutput;
  /** Where the frame's output began: matches reach no further back. */
  readonly #floor: number;
  #literals = new Uint8Array(0);
  #literalCount = 0;
  #huffman: HuffmanTable | null = null;
  #tables: SequenceTables | null = null;
  readonly #recent = [1, 4, 8];

  constructor(out: GrowingOutput) {
    this.#out = out;
    this.#floor = out.length;
  }

  /** Appends what the block in this range of bytes holds. */
  decode(bytes: Uint8Array, at: number, end: number): void {
    const next = this.#readLiterals(bytes, at, end);
    const section = readSequences(bytes, { at: next, end }, this.#tables);
    this.#tables = section.tables;
    let used = 0;
    if (section.stream !== null && section.tables !== null) {
      used = this.#run(section.count, section.tables, section.stream);
    }
    this.#out.append(this.#literals, used, this.#literalCount);
  }

  #readLiterals(bytes: Uint8Array, at: number, end: number): number {
    const header = readLiteralsHeader(bytes, at, end);
    const sectionEnd = header.next + header.stored;
    if (header.size > BLOCK_BYTES_MAX || sectionEnd > end) {
      throw corrupt('zstd: literals are larger than their block');
    }
    this.#literalCount = header.size;
    if (this.#literals.length < header.size) this.#literals = new Uint8Array(header.size);
    const literals = this.#literals.subarray(0, header.size);
    if (header.kind === RAW) literals.set(bytes.subarray(header.next, sectionEnd));
    else if (header.kind === CONSTANT) literals.fill(bytes[header.next]!);
    else this.#readHuffman(header, bytes, literals);
    return sectionEnd;
  }

  #readHuffman(header: LiteralsHeader, bytes: Uint8Array, literals: Uint8Array): void {
    const end = header.next + header.stored;
    let at = header.next;
    if (header.kind === TREE) {
      const { table, next } = readHuffmanTable(bytes, at, end);
      this.#huffman = table;
      at = next;
    }
    if (this.#huffman === null) throw corrupt('zstd: there is no Huffman tree to use again');
    if (header.streams === 1) decodeLiterals(this.#huffman, bytes, { at, end }, literals);
    else decodeStreams(this.#huffman, bytes, { at, end }, literals);
  }

  /** Executes the sequences: some literals, then a match, each; gives how many literals were used. */
  #run(count: number, tables: SequenceTables, stream: BackwardBits): number {
    const { literalLengths, offsets, matchLengths } = tables;
    const blockEnd = this.#out.length + BLOCK_BYTES_MAX;
    let literalState = stream.read(literalLengths.log);
    let offsetState = stream.read(offsets.log);
    let matchState = stream.read(matchLengths.log);
    let used = 0;
    for (let left = count; left > 0; left--) {
      const offsetBits = offsets.symbols[offsetState]!;
      if (offsetBits > OFFSET_BITS_MAX) throw corrupt('zstd: an offset is beyond every window');
      const offsetValue = (1 << offsetBits) + stream.readLong(offsetBits);
      const matchCode = matchLengths.symbols[matchState]!;
      const matchLength = MATCH_BASES[matchCode]! + stream.read(MATCH_BITS[matchCode]!);
      const literalCode = literalLengths.symbols[literalState]!;
      const literalLength = LITERAL_BASES[literalCode]! + stream.read(LITERAL_BITS[literalCode]!);
      const usedAfter = used + literalLength;
      if (usedAfter > this.#literalCount) throw corrupt('zstd: a sequence lacks literals');
      // Without this bound a few bytes could ask for gigabytes of work.
      if (this.#out.length + literalLength + matchLength > blockEnd) {
        throw corrupt('zstd: a block is larger than it may be');
      }
      this.#out.append(this.#literals, used, usedAfter);
      this.#out.repeat(this.#distance(offsetValue, literalLength), matchLength, this.#floor);
      used = usedAfter;
      if (left === 1) break;
      literalState = step(literalLengths, literalState, stream);
      matchState = step(matchLengths, matchState, stream);
      offsetState = step(offsets, offsetState, stream);
    }
    if (stream.left !== 0) throw corrupt('zstd: sequences do not fill their stream');
    return used;
  }

  /** The three offsets last used are sent as 1 to 3; without literals these mean the next ones (RFC 8878, 3.1.1.5). */
  #distance(value: number, literalLength: number): number {
    const recent = this.#recent;
    const place = value > 3 ? 3 : value - (literalLength > 0 ? 1 : 0);
    if (place === 0) return recent[0]!;
    let distance = recent[place] ?? recent[0]! - 1;
    if (value > 3) distance = value - 3;
    if (place > 1) recent[2] = recent[1]!;
    recent[1] = recent[0]!;
    recent[0] = distance;
    return distance;
  }
}

function step(table: FseTable, state: number, stream: BackwardBits): number {
  return table.bases[state]! + stream.read(table.bits[state]!);
}

/** Four streams, of which the first three have their sizes in front and decode to a quarter each, rounded up. */
function decodeStreams(
  table: HuffmanTable,
  bytes: Uint8Array,
  range: { readonly at: number; readonly end: number },
  literals: Uint8Array,
): void {
  const quarter = (literals.length + STREAMS - 1) >> 2;
  let at = range.at + 2 * (STREAMS - 1);
  if (at > range.end) throw corrupt('zstd: literals are cut off');
  for (let i = 0; i < STREAMS; i++) {
    const size = bytes[range.at + 2 * i]! | (bytes[range.at + 2 * i + 1]! << 8);
    const end = i < STREAMS - 1 ? at + size : range.end;
    if (end > range.end) throw corrupt('zstd: literals are cut off');
    const out = literals.subarray(i * quarter, Math.min((i + 1) * quarter, literals.length));
    decodeLiterals(table, bytes, { at, end }, out);
    at = end;
  }
}

function readLiteralsHeader(bytes: Uint8Array, at: number, end: number): LiteralsHeader {
  const first = at < end ? bytes[at]! : 0;
  const kind = first & 3;
  const format = (first >> 2) & 3;
  const headerBytes =
    kind < TREE ? (format % 2 === 0 ? 1 : format === 1 ? 2 : 3) : [3, 3, 4, 5][format]!;
  const next = at + headerBytes;
  if (next > end) throw corrupt('zstd: a block is cut off');
  let bits = 0;
  for (let i = headerBytes - 1; i >= 0; i--) bits = bits * 256 + bytes[at + i]!;
  if (kind < TREE) {
    const size = format % 2 === 0 ? bits >> 3 : bits >> 4;
    return { kind, size, stored: kind === RAW ? size : 1, streams: 1, next };
  }
  const width = [10, 10, 14, 18][format]!;
  const sizes = Math.floor(bits / 16);
  const size = sizes % 2 ** width;
  return {
    kind,
    size,
    stored: Math.floor(sizes / 2 ** width),
    streams: format === 0 ? 1 : STREAMS,
    next,
  };
}
