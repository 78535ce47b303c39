import type { DirtyFacts } from './compaction/dirty-bytes.ts';
import { int64At, putInt64 } from './record-batch.ts';
import type { UntimedMark } from './untimed-marks.ts';

/**
 * What was derived from a log up to `endOffset`: the highest timestamp with its batch, how much is not compacted, when batches
 * without timestamps came, and the producers' states.
 */
export interface Checkpoint {
  readonly endOffset: number;
  readonly timestamp: number;
  readonly baseOffset: number;
  readonly dirty: DirtyFacts;
  readonly untimed: readonly UntimedMark[];
  readonly producers: Buffer;
}

const VERSION = 2;
const MARKS_AT = 57;
const HEADER_BYTES = 59;
const MARK_BYTES = 24;

/**
 * version int8, end offset, highest timestamp, its base offset, cleaned to, dirty bytes, active offset, active bytes, all int64; marks
 * int16, each start offset, end offset and time, int64; then the producers' snapshot.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const { endOffset, timestamp, baseOffset, dirty, untimed, producers } = checkpoint;
  const { cleanedTo, dirtyBytes, activeOffset, activeBytes } = dirty;
  const bytes = Buffer.alloc(HEADER_BYTES + untimed.length * MARK_BYTES);
  bytes.writeInt8(VERSION, 0);
  const facts = [
    endOffset,
    timestamp,
    baseOffset,
    cleanedTo,
    dirtyBytes,
    activeOffset,
    activeBytes,
  ];
  putAll(bytes, facts, 1);
  bytes.writeInt16BE(untimed.length, MARKS_AT);
  untimed.forEach(({ startOffset, endOffset: end, atMs }, index) => {
    putAll(bytes, [startOffset, end, atMs], HEADER_BYTES + index * MARK_BYTES);
  });
  return Buffer.concat([bytes, producers]);
}

/** Null for bytes that this version did not write: a checkpoint is advice. */
export function decodeCheckpoint(bytes: Buffer): Checkpoint | null {
  if (bytes.length < HEADER_BYTES || bytes.readInt8(0) !== VERSION) return null;
  const marks = bytes.readInt16BE(MARKS_AT);
  const producersAt = HEADER_BYTES + marks * MARK_BYTES;
  if (marks < 0 || bytes.length < producersAt) return null;
  return {
    endOffset: int64At(bytes, 1),
    timestamp: int64At(bytes, 9),
    baseOffset: int64At(bytes, 17),
    dirty: {
      cleanedTo: int64At(bytes, 25),
      dirtyBytes: int64At(bytes, 33),
      activeOffset: int64At(bytes, 41),
      activeBytes: int64At(bytes, 49),
    },
    untimed: Array.from({ length: marks }, (_, index) =>
      markAt(bytes, HEADER_BYTES + index * MARK_BYTES),
    ),
    producers: bytes.subarray(producersAt),
  };
}

function putAll(bytes: Buffer, values: readonly number[], at: number): void {
  values.forEach((value, index) => putInt64(bytes, value, at + index * 8));
}

function markAt(bytes: Buffer, at: number): UntimedMark {
  return {
    startOffset: int64At(bytes, at),
    endOffset: int64At(bytes, at + 8),
    atMs: int64At(bytes, at + 16),
  };
}
