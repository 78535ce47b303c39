import type { Codec } from '../domain/model/log/codec.ts';

/**
 * `too-large` the output would exceed the bound; `corrupt` the input is damaged or cut; `unavailable` this machine has no
 * library for the codec.
 */
export type CompressionErrorCode = 'too-large' | 'corrupt' | 'unavailable';

export class CompressionError extends Error {
  readonly code: CompressionErrorCode;

  constructor(code: CompressionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CompressionError';
    this.code = code;
  }
}

/** The codecs of record batches, in the framings that Kafka's clients use. Large inputs never stall the event loop. */
export interface Compression {
  /** At most `maxBytes` of output, else `too-large`; memory stays in proportion to the output that was really made. */
  decompress(codec: Codec, bytes: Buffer, maxBytes: number): Promise<Buffer>;
  compress(codec: Codec, bytes: Buffer): Promise<Buffer>;
  /** Whether `compress` can be asked for this codec here. */
  canCompress(codec: Codec): boolean;
}
