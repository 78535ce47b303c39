import { corrupt, tooLarge } from './damage.ts';
import { GrowingOutput } from './growing-output.ts';
import { BLOCK_BYTES_MAX, BlockDecoder } from './zstd-block.ts';

const MAGIC = 0xfd2f_b528;
const SKIPPABLE_FROM = 0x184d_2a50;
const SKIPPABLE_TO = 0x184d_2a5f;
const CHECKSUM_BYTES = 4;
const RAW = 0;
const CONSTANT = 1;
const COMPRESSED = 2;

interface Frame {
  readonly blocks: BlockDecoder;
  readonly outputStart: number;
  /** What the frame says that it holds, if it says. */
  readonly contentSize: number | null;
  readonly checksum: boolean;
}

/**
 * Reads zstd frames (RFC 8878) a block at a time, so that its owner can pause between two. Every length is held against the
 * bytes left, every block against its bound, and the output against `maxBytes`: work and memory stay in proportion to input and
 * output, whatever the input claims. Windows cost nothing, as the output is kept whole. Content checksums are not computed: a
 * record batch has its own.
 */
export class ZstdFrames {
  readonly #bytes: Buffer;
  readonly #maxBytes: number;
  readonly #out: GrowingOutput;
  #at = 0;
  #frame: Frame | null = null;

  constructor(bytes: Buffer, maxBytes: number) {
    this.#bytes = bytes;
    this.#maxBytes = maxBytes;
    this.#out = new GrowingOutput(bytes.length * 4, maxBytes);
    if (bytes.length === 0) throw corrupt('zstd: there is no frame');
  }

  get done(): boolean {
    return this.#frame === null && this.#at === this.#bytes.length;
  }
  /** The output so far, as a view. */
  get output(): Buffer {
    return this.#out.bytes();
  }

  /** Reads the next block or frame header. Throws CompressionError `corrupt` or `too-large`. */
  step(): void {
    if (this.#frame === null) this.#readFrameHeader();
    else this.#readBlock(this.#frame);
  }

  #readFrameHeader(): void {
    const magic = this.#take(4).readUInt32LE(0);
    if (magic >= SKIPPABLE_FROM && magic <= SKIPPABLE_TO) {
      this.#take(this.#take(4).readUInt32LE(0));
      return;
    }
    if (magic !== MAGIC) throw corrupt('zstd: this is no frame');
    const descriptor = this.#take(1)[0]!;
    if ((descriptor & 0x08) !== 0) throw corrupt('zstd: a reserved bit is set');
    const contentSize = this.#readContentSize(descriptor);
    if (contentSize !== null && this.#out.length + contentSize > this.#maxBytes) {
      throw tooLarge(this.#maxBytes);
    }
    this.#frame = {
      blocks: new BlockDecoder(this.#out),
      outputStart: this.#out.length,
      contentSize,
      checksum: (descriptor & 0x04) !== 0,
    };
  }

  /** Reads the rest of the header: window, dictionary, and last the size, if the frame says it. */
  #readContentSize(descriptor: number): number | null {
    const single = (descriptor & 0x20) !== 0;
    if (!single) this.#take(1);
    const dictionary = this.#littleEndian([0, 1, 2, 4][descriptor & 3]!);
    if (dictionary !== 0) throw corrupt('zstd: a frame needs a dictionary');
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    if (sizeBytes === 0) return null;
    return this.#littleEndian(sizeBytes) + (sizeBytes === 2 ? 256 : 0);
  }

  #readBlock(frame: Frame): void {
    const header = this.#take(3).readUIntLE(0, 3);
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    if (size > BLOCK_BYTES_MAX) throw corrupt('zstd: a block is larger than it may be');
    if (kind === CONSTANT) {
      this.#out.fill(this.#take(1)[0]!, size);
    } else {
      const start = this.#at;
      this.#take(size);
      if (kind === COMPRESSED) frame.blocks.decode(this.#bytes, start, start + size);
      else if (kind === RAW) this.#out.append(this.#bytes, start, start + size);
      else throw corrupt('zstd: there is no such kind of block');
    }
    if ((header & 1) !== 0) this.#endFrame(frame);
  }

  #endFrame(frame: Frame): void {
    const size = this.#out.length - frame.outputStart;
    if (frame.contentSize !== null && size !== frame.contentSize) {
      throw corrupt(`zstd: a frame holds ${size} bytes, not ${frame.contentSize}`);
    }
    if (frame.checksum) this.#take(CHECKSUM_BYTES);
    this.#frame = null;
  }

  #littleEndian(size: number): number {
    return this.#take(size).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  #take(count: number): Buffer {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw corrupt('zstd: a frame is cut off');
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }
}
