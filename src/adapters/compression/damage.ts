import { CompressionError } from '../../ports/compression.ts';

/** The input breaks its format. */
export function corrupt(what: string, cause?: unknown): CompressionError {
  return new CompressionError('corrupt', what, cause === undefined ? undefined : { cause });
}

/** The output would have more than `maxBytes`. */
export function tooLarge(maxBytes: number): CompressionError {
  return new CompressionError('too-large', `the records would take more than ${maxBytes} bytes`);
}

/**
 * Up to this many bytes of output a codec runs on the event loop: measured, 64 KiB take .1 ms, and a trip through the thread pool
 * costs a small batch four to eight times its own time. Above it the pool (or slices) keeps the loop free.
 */
export const SYNC_OUTPUT_BYTES = 64 * 1024;
