import { crc32c } from '@node-rs/crc32';
import {
  BATCH_HEADER_BYTES,
  MAGIC,
  NO_PRODUCER_ID,
  RecordBatch,
  putInt64,
} from '../../src/domain/model/log/record-batch.ts';

/** What a test says of a batch; everything has a default. */
export interface BatchFields {
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly count?: number;
  /** The whole batch in bytes, at least 61. */
  readonly sizeInBytes?: number;
  readonly attributes?: number;
  readonly baseTimestamp?: number;
  readonly maxTimestamp?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** Seeds the bytes after the header, so that batches differ. */
  readonly fill?: number;
}

/** A batch whose header and CRC are right; its records are bytes without a meaning. */
export function batchOf(fields: BatchFields = {}): RecordBatch {
  const { count = 1, sizeInBytes = 100, baseTimestamp = 1000 } = fields;
  const bytes = Buffer.alloc(sizeInBytes, (fields.fill ?? fields.baseOffset ?? 0) & 0xff);
  bytes.fill(0, 0, BATCH_HEADER_BYTES);
  bytes.writeInt32BE(sizeInBytes - 12, 8);
  bytes.writeInt8(MAGIC, 16);
  bytes.writeInt16BE(fields.attributes ?? 0, 21);
  bytes.writeInt32BE(count - 1, 23);
  putInt64(bytes, baseTimestamp, 27);
  putInt64(bytes, fields.maxTimestamp ?? baseTimestamp, 35);
  putInt64(bytes, fields.producerId ?? NO_PRODUCER_ID, 43);
  bytes.writeInt16BE(fields.producerEpoch ?? -1, 51);
  bytes.writeInt32BE(fields.baseSequence ?? -1, 53);
  bytes.writeInt32BE(count, 57);
  const batch = new RecordBatch(bytes);
  batch.assign(fields.baseOffset ?? 0, fields.leaderEpoch ?? 0);
  batch.setCrc(crc32c(batch.checked));
  return batch;
}
