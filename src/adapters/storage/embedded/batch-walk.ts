import {
  BATCH_HEADER_BYTES,
  MAGIC,
  RecordBatch,
  batchSizeAt,
  int64At,
} from '../../../domain/model/log/record-batch.ts';

const MAGIC_AT = 16;
const LAST_OFFSET_DELTA_AT = 23;

/** Thrown where the bytes of a row are no batches. */
export class NoBatch extends Error {}

/** Where the first batch begins that holds an offset at or above `offset`; the length of the row if none does. */
export function placeIn(row: Buffer, offset: number): number {
  let at = 0;
  let least = 0;
  while (at < row.length) {
    const size = sizeIn(row, at, least);
    least = nextOffsetAt(row, at);
    if (least > offset) return at;
    at += size;
  }
  return at;
}

/** Where the first batch begins whose base offset is at or above `offset`; the length of the row if none is. */
export function baseIn(row: Buffer, offset: number): number {
  let at = 0;
  while (at < row.length && int64At(row, at) < offset) at += sizeIn(row, at, 0);
  return at;
}

/** The end of the last batch from `at` on that ends within `room` bytes and has a base offset below `endOffset`, before any damage. */
export function endWithin(row: Buffer, at: number, room: number, endOffset: number): number {
  const limit = Math.min(row.length, at + room);
  let end = at;
  let least = 0;
  while (end < row.length && int64At(row, end) < endOffset) {
    const size = soundSize(row, end, least);
    if (size === 0 || end + size > limit) break;
    least = nextOffsetAt(row, end);
    end += size;
  }
  return end;
}

/** The size of the batch at a place of a row, whose base offset is `least` or above it. */
export function sizeIn(row: Buffer, at: number, least: number): number {
  const size = soundSize(row, at, least);
  if (size === 0) throw noBatch(at);
  return size;
}

/** The batches of a row. Throws NoBatch where that is not all it holds. */
export function* batchesOf(row: Buffer): Generator<RecordBatch> {
  let least = 0;
  for (let at = 0; at < row.length;) {
    const size = sizeIn(row, at, least);
    least = nextOffsetAt(row, at);
    yield new RecordBatch(row.subarray(at, at + size));
    at += size;
  }
}

/** 0 where the header makes no sense. */
function soundSize(row: Buffer, at: number, least: number): number {
  if (at + BATCH_HEADER_BYTES > row.length) return 0;
  const size = batchSizeAt(row, at);
  if (size < BATCH_HEADER_BYTES || at + size > row.length) return 0;
  const ascends = int64At(row, at) >= least && row.readInt32BE(at + LAST_OFFSET_DELTA_AT) >= 0;
  return ascends && row[at + MAGIC_AT] === MAGIC ? size : 0;
}

function nextOffsetAt(row: Buffer, at: number): number {
  return int64At(row, at) + row.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1;
}

function noBatch(at: number): NoBatch {
  return new NoBatch(`no whole batch begins at byte ${at}`);
}
