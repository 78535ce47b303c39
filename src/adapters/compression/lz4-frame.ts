import { corrupt } from './damage.ts';

const MAGIC = 0x184d_2204;
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY = 0x01;
const STORED = 0x8000_0000;
/** The best that LZ4 can do: one more byte of length for 255 more of output. */
const RATIO_MAX = 255;
const MATCH_MIN = 4;

/** What an LZ4 frame holds, found by stepping over its blocks without decompressing them (LZ4 frame format 1.6). */
export interface Lz4Frame {
  /** The bytes of the frame itself; what follows it is not looked at, as in Kafka's Lz4BlockInputStream. */
  readonly size: number;
  /** No decoder makes more output than this of it. */
  readonly outputMax: number;
}

type VisitBlock = (at: number, size: number, stored: boolean) => void;

/** Throws CompressionError `corrupt` for a frame that is cut off, or not one. */
export function readLz4Frame(bytes: Buffer): Lz4Frame {
  const { blockMax } = readDescriptor(bytes);
  let outputMax = 0;
  const size = walkBlocks(bytes, (_at, blockSize, stored) => {
    outputMax += Math.min(blockMax, stored ? blockSize : blockSize * RATIO_MAX);
  });
  return { size, outputMax };
}

/** Exactly what the blocks decompress to: the lengths of all sequences, added up. */
export function lz4OutputSize(bytes: Buffer): number {
  let total = 0;
  walkBlocks(bytes, (at, size, stored) => {
    total += stored ? size : blockOutputSize(bytes, at, at + size);
  });
  return total;
}

/** Gives the size of the frame. */
function walkBlocks(bytes: Buffer, visit: VisitBlock): number {
  const { flags, blockMax, headerSize } = readDescriptor(bytes);
  const trailer = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4;
  let at = headerSize;
  for (let word = wordAt(bytes, at); word !== 0; word = wordAt(bytes, at)) {
    const stored = word >= STORED;
    const size = stored ? word - STORED : word;
    if (size > blockMax) throw corrupt('lz4: a block is larger than it may be');
    at += 4 + size + trailer;
    if (at > bytes.length) throw corrupt('lz4: a frame is cut off');
    visit(at - trailer - size, size, stored);
  }
  const frameSize = at + ((flags & CONTENT_CHECKSUM) === 0 ? 4 : 8);
  if (frameSize > bytes.length) throw corrupt('lz4: a frame is cut off');
  return frameSize;
}

function readDescriptor(bytes: Buffer): { flags: number; blockMax: number; headerSize: number } {
  if (wordAt(bytes, 0) !== MAGIC || bytes.length < 7) throw corrupt('lz4: this is no frame');
  const flags = bytes[4]!;
  const blockMax = blockSizeMax(bytes[5]!);
  if ((flags & VERSION_MASK) !== VERSION || blockMax === 0) throw corrupt('lz4: unknown format');
  if ((flags & DICTIONARY) !== 0) throw corrupt('lz4: a frame needs a dictionary');
  return { flags, blockMax, headerSize: (flags & CONTENT_SIZE) === 0 ? 7 : 15 };
}

function wordAt(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw corrupt('lz4: a frame is cut off');
  return bytes.readUInt32LE(at);
}

function blockSizeMax(descriptor: number): number {
  const id = (descriptor >> 4) & 7;
  return id < 4 ? 0 : 2 ** (8 + 2 * id);
}

function blockOutputSize(bytes: Buffer, start: number, end: number): number {
  let total = 0;
  let at = start;
  while (at < end) {
    const token = bytes[at]!;
    const literals = lengthAt(bytes, { at: at + 1, end }, token >> 4);
    total += literals.length;
    at = literals.next + literals.length;
    if (at >= end) break; // the last sequence has literals alone
    const match = lengthAt(bytes, { at: at + 2, end }, token & 15);
    total += match.length + MATCH_MIN;
    at = match.next;
  }
  return total;
}

/** A length of 15 goes on in further bytes, as long as they are 255. */
function lengthAt(
  bytes: Buffer,
  range: { readonly at: number; readonly end: number },
  first: number,
): { length: number; next: number } {
  let length = first;
  let next = range.at;
  for (let more = first === 15; more && next < range.end; next++) {
    length += bytes[next]!;
    more = bytes[next] === 255;
  }
  return { length, next };
}
