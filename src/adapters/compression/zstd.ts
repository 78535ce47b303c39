import * as zlib from 'node:zlib';
import { promisify } from 'node:util';
import { CompressionError } from '../../ports/compression.ts';
import { Pace } from './pace.ts';
import { ZstdFrames } from './zstd-frames.ts';

type Compress = (bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => void;

/** What a block costs beside its bytes, in bytes of work: its tables. */
const BLOCK_OVERHEAD = 2048;

/** Node has zstd from 22.15 on. */
const nodeCompress = (zlib as { zstdCompress?: Compress }).zstdCompress;

/** Whether this Node can write zstd. */
export const canCompressZstd = nodeCompress !== undefined;

/** Reads zstd frames on the event loop, with pauses between blocks; what fits between two is read at once. */
export async function decompressZstd(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const frames = new ZstdFrames(bytes, maxBytes);
  const pace = new Pace();
  while (!frames.done) {
    const before = frames.output.length;
    frames.step();
    const made = frames.output.length - before;
    if (pace.isDue(made + BLOCK_OVERHEAD) && !frames.done) await pace.pause();
  }
  return frames.output;
}

export async function compressZstd(bytes: Buffer): Promise<Buffer> {
  if (nodeCompress === undefined) {
    throw new CompressionError('unavailable', 'writing zstd needs Node 22.15 or newer');
  }
  return promisify(nodeCompress)(bytes);
}
