import { int64At, putInt64 } from './record-batch.ts';

/** What was derived from a log up to `endOffset`: the highest timestamp with its batch, and the producers' states. */
export interface Checkpoint {
  readonly endOffset: number;
  readonly timestamp: number;
  readonly baseOffset: number;
  readonly producers: Buffer;
}

const VERSION = 1;
const HEADER_BYTES = 25;

/** version int8, end offset int64, highest timestamp int64, its base offset int64, then the producers' snapshot. */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt8(VERSION, 0);
  putInt64(header, checkpoint.endOffset, 1);
  putInt64(header, checkpoint.timestamp, 9);
  putInt64(header, checkpoint.baseOffset, 17);
  return Buffer.concat([header, checkpoint.producers]);
}

/** Null for bytes that this version did not write: a checkpoint is advice. */
export function decodeCheckpoint(bytes: Buffer): Checkpoint | null {
  if (bytes.length < HEADER_BYTES || bytes.readInt8(0) !== VERSION) return null;
  return {
    endOffset: int64At(bytes, 1),
    timestamp: int64At(bytes, 9),
    baseOffset: int64At(bytes, 17),
    producers: bytes.subarray(HEADER_BYTES),
  };
}
