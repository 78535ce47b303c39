import { createRequire } from 'node:module';
import type { Checksum } from '../../ports/checksum.ts';

type Crc = (bytes: Buffer) => number;

/** CRC-32C by the native package, and by TypeScript where that cannot be loaded: a tenth as fast, and as right. */
export class Crc32c implements Checksum {
  readonly #crc: Crc = nativeCrc32c() ?? slicedCrc32c;

  crc32c(bytes: Buffer): number {
    return this.#crc(bytes);
  }
}

function nativeCrc32c(): Crc | null {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Crc };
    return bytes => native.crc32c(bytes);
  } catch {
    return null;
  }
}

const REVERSED_CASTAGNOLI = 0x82f63b78;
const SLICES = 8;
/** Table k, at 256 k, advances a byte over k further zero bytes. */
let tables: Int32Array | null = null;

function buildTables(): Int32Array {
  const built = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? REVERSED_CASTAGNOLI : 0);
    built[byte] = crc;
  }
  for (let at = 256; at < built.length; at++) {
    const before = built[at - 256]!;
    built[at] = (before >>> 8) ^ built[before & 0xff]!;
  }
  return built;
}

/** Slicing-by-8 (Kounavis and Berry, 2008): eight bytes per step. */
export function slicedCrc32c(bytes: Buffer): number {
  const table = (tables ??= buildTables());
  let crc = -1;
  let at = 0;
  for (; at + SLICES <= bytes.length; at += SLICES) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      table[1792 + (low & 0xff)]! ^
      table[1536 + ((low >>> 8) & 0xff)]! ^
      table[1280 + ((low >>> 16) & 0xff)]! ^
      table[1024 + (low >>> 24)]! ^
      table[768 + (high & 0xff)]! ^
      table[512 + ((high >>> 8) & 0xff)]! ^
      table[256 + ((high >>> 16) & 0xff)]! ^
      table[high >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
