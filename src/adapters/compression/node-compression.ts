import type { Codec } from '../../domain/model/log/codec.ts';
import type { Compression } from '../../ports/compression.ts';
import { tooLarge } from './damage.ts';
import { compressGzip, decompressGzip } from './gzip.ts';
import { Lz4 } from './lz4.ts';
import { Snappy } from './snappy.ts';
import { canCompressZstd, compressZstd, decompressZstd } from './zstd.ts';

/** All codecs of Kafka: gzip by node:zlib, snappy and lz4 by optional native packages, zstd by a reader of our own. */
export class NodeCompression implements Compression {
  readonly #snappy: Snappy;
  readonly #lz4: Lz4;

  /** The two that need a package can be given, for a test of what happens without it. */
  constructor(snappy = new Snappy(), lz4 = new Lz4()) {
    this.#snappy = snappy;
    this.#lz4 = lz4;
  }

  async decompress(codec: Codec, bytes: Buffer, maxBytes: number): Promise<Buffer> {
    switch (codec) {
      case 'none':
        if (bytes.length > maxBytes) throw tooLarge(maxBytes);
        return bytes;
      case 'gzip':
        return decompressGzip(bytes, maxBytes);
      case 'snappy':
        return this.#snappy.decompress(bytes, maxBytes);
      case 'lz4':
        return this.#lz4.decompress(bytes, maxBytes);
      case 'zstd':
        return decompressZstd(bytes, maxBytes);
    }
  }

  async compress(codec: Codec, bytes: Buffer): Promise<Buffer> {
    switch (codec) {
      case 'none':
        return bytes;
      case 'gzip':
        return compressGzip(bytes);
      case 'snappy':
        return this.#snappy.compress(bytes);
      case 'lz4':
        return this.#lz4.compress(bytes);
      case 'zstd':
        return compressZstd(bytes);
    }
  }

  canCompress(codec: Codec): boolean {
    return codec !== 'zstd' || canCompressZstd;
  }
}
