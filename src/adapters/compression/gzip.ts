import { constants } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip } from 'node:zlib';
import { SYNC_OUTPUT_BYTES, corrupt, tooLarge } from './damage.ts';

const gunzipInPool = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const gzipInPool = promisify<Buffer, Buffer>(gzip);

/** Reads gzip: on the event loop when the output is small, else in the thread pool. */
export async function decompressGzip(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const quick = inflateSmall(bytes, maxBytes);
  if (quick !== null) return quick;
  try {
    const maxOutputLength = Math.min(maxBytes, constants.MAX_LENGTH);
    return await gunzipInPool(bytes, { maxOutputLength });
  } catch (error) {
    throw isTooLarge(error) ? tooLarge(maxBytes) : corrupt('gzip: the data is damaged', error);
  }
}

export function compressGzip(bytes: Buffer): Promise<Buffer> {
  return gzipInPool(bytes);
}

/** The size in a gzip trailer may be a lie, so the bound is what keeps this short; null when the output is not small. */
function inflateSmall(bytes: Buffer, maxBytes: number): Buffer | null {
  if (bytes.length > SYNC_OUTPUT_BYTES) return null;
  const bound = Math.max(1, Math.min(maxBytes, SYNC_OUTPUT_BYTES));
  try {
    const out = gunzipSync(bytes, { maxOutputLength: bound });
    if (out.length <= maxBytes) return out;
  } catch (error) {
    if (!isTooLarge(error)) throw corrupt('gzip: the data is damaged', error);
  }
  if (bound >= maxBytes) throw tooLarge(maxBytes);
  return null;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
