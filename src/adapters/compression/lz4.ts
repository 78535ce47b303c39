import type * as lz4Napi from 'lz4-napi';
import { SYNC_OUTPUT_BYTES, corrupt, tooLarge } from './damage.ts';
import { lz4OutputSize, readLz4Frame } from './lz4-frame.ts';
import { OptionalPackage } from './optional-package.ts';

type Lz4Library = Pick<typeof lz4Napi, 'compressFrame' | 'decompressFrame' | 'decompressFrameSync'>;

/** LZ4 frames with the right header checksum, as Kafka has them in batches of magic 2 (KIP-57). */
export class Lz4 {
  readonly #library: OptionalPackage<Lz4Library>;

  constructor(load: () => Promise<Lz4Library> = () => import('lz4-napi')) {
    this.#library = new OptionalPackage('lz4-napi', load);
  }

  /** The library takes no bound, so the frame is measured before it is handed over. */
  async decompress(bytes: Buffer, maxBytes: number): Promise<Buffer> {
    const library = await this.#library.get();
    const frame = readLz4Frame(bytes);
    if (frame.outputMax > maxBytes && lz4OutputSize(bytes) > maxBytes) {
      throw tooLarge(maxBytes);
    }
    const whole = bytes.subarray(0, frame.size);
    const quick = frame.outputMax <= 4 * SYNC_OUTPUT_BYTES && 4 * frame.size <= SYNC_OUTPUT_BYTES;
    try {
      return quick ? library.decompressFrameSync(whole) : await library.decompressFrame(whole);
    } catch (error) {
      throw corrupt('lz4: the data is damaged', error);
    }
  }

  async compress(bytes: Buffer): Promise<Buffer> {
    const library = await this.#library.get();
    return library.compressFrame(bytes);
  }
}
