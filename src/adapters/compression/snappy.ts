import type * as snappy from 'snappy';
import { SYNC_OUTPUT_BYTES, corrupt, tooLarge } from './damage.ts';
import { GrowingOutput } from './growing-output.ts';
import { OptionalPackage } from './optional-package.ts';
import { Pace } from './pace.ts';

type SnappyLibrary = Pick<typeof snappy, 'compressSync' | 'uncompress' | 'uncompressSync'>;

/** What snappy-java writes before its chunks: 0x82 "SNAPPY" 0, version, oldest compatible version. */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const HEADER = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const CHUNK_BYTES = 32 * 1024;
/** The best that snappy can do is a copy of 64 bytes in 3: a claim beyond that is a lie. */
const RATIO_MAX = 22;
/** What a chunk costs beside its bytes, in bytes of work. */
const CHUNK_OVERHEAD = 1024;

/**
 * Snappy as Kafka's clients write it: in snappy-java's framing (the Java client and most others: int32 length, raw block, and so
 * on), or as one raw block (librdkafka among others).
 */
export class Snappy {
  readonly #library: OptionalPackage<SnappyLibrary>;

  constructor(load: () => Promise<SnappyLibrary> = () => import('snappy')) {
    this.#library = new OptionalPackage('snappy', load);
  }

  async decompress(bytes: Buffer, maxBytes: number): Promise<Buffer> {
    const library = await this.#library.get();
    if (!isFramed(bytes)) return uncompressBlock(library, bytes, maxBytes);
    const out = new GrowingOutput(bytes.length * 2, maxBytes);
    const pace = new Pace();
    for (const chunk of chunksOf(bytes)) {
      const part = await uncompressBlock(library, chunk, maxBytes - out.length);
      out.append(part, 0, part.length);
      if (pace.isDue(part.length + CHUNK_OVERHEAD)) await pace.pause();
    }
    return out.bytes();
  }

  /** Writes snappy-java's framing, which every client reads. */
  async compress(bytes: Buffer): Promise<Buffer> {
    const library = await this.#library.get();
    const pace = new Pace();
    const parts: Buffer[] = [HEADER];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const block = library.compressSync(bytes.subarray(at, at + CHUNK_BYTES));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
      if (pace.isDue(CHUNK_BYTES)) await pace.pause();
    }
    return Buffer.concat(parts);
  }
}

function isFramed(bytes: Buffer): boolean {
  return bytes.length >= HEADER.length && bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The raw blocks of a framed stream; a stream that was appended to another brings its own header. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  let at = HEADER.length;
  while (at < bytes.length) {
    if (isFramed(bytes.subarray(at, at + HEADER.length))) {
      at += HEADER.length;
      continue;
    }
    if (at + 4 > bytes.length) throw corrupt('snappy: a chunk is cut off');
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length <= 0 || length > bytes.length - at) throw corrupt('snappy: a chunk is cut off');
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** The size that a raw block says it has, as an unsigned varint in front; nothing is allocated before it is believed. */
function declaredSize(block: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5 && i < block.length; i++) {
    const byte = block[i]!;
    size += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (size > block.length * RATIO_MAX) throw corrupt(`snappy: a block claims ${size} bytes`);
    return size;
  }
  throw corrupt('snappy: a block has no size');
}

async function uncompressBlock(
  library: SnappyLibrary,
  block: Buffer,
  maxBytes: number,
): Promise<Buffer> {
  const size = declaredSize(block);
  if (size > maxBytes) throw tooLarge(maxBytes);
  try {
    const quick = size <= SYNC_OUTPUT_BYTES;
    const out = quick ? library.uncompressSync(block) : await library.uncompress(block);
    return typeof out === 'string' ? Buffer.from(out) : out;
  } catch (error) {
    throw corrupt('snappy: a block is damaged', error);
  }
}
