import { NO_TIMESTAMP, int64At } from '../../../domain/model/log/record-batch.ts';
import { batchesOf } from './batch-walk.ts';
import type { Row } from './row-store.ts';

/** A row of batches that lie in memory one after the other. */
export function rowOf(log: number, bytes: Buffer, peak: number): Row {
  let maxTimestamp = NO_TIMESTAMP;
  for (const batch of batchesOf(bytes)) maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp);
  const base = int64At(bytes, 0);
  return { log, base, maxTimestamp, peak, sizeInBytes: bytes.length, bytes };
}
