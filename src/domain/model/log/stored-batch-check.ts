import { CODECS } from './codec.ts';
import { BATCH_HEADER_BYTES, MAGIC, type RecordBatch } from './record-batch.ts';
import { RecordCursor } from './records.ts';

/** What the log says of a batch before it is looked at. */
export interface BatchPlace {
  /** The offset after the batch before; the first batch may hold the log start offset. */
  readonly nextOffset: number;
  /** Of the batch before; epochs never fall along a log. */
  readonly leaderEpoch: number;
  /** The epoch that the log was last opened with. */
  readonly lastEpoch: number;
}

/**
 * Says in words what is wrong with a batch as it lies in a log, by what every log promises: compaction may have taken records out
 * of it, or all of them, so that counts are held against each other and offsets against bounds.
 */
export class StoredBatchCheck {
  readonly #crc32c: (bytes: Buffer) => number;
  readonly #cursor = new RecordCursor();

  constructor(crc32c: (bytes: Buffer) => number) {
    this.#crc32c = crc32c;
  }

  /** Null is good. When it is not, the records are not worth a look. */
  checkHeader(batch: RecordBatch, place: BatchPlace): string | null {
    const { magic, crc, recordCount, lastOffsetDelta } = batch;
    if (magic !== MAGIC) return `the message format is ${magic}, not ${MAGIC}`;
    const computed = this.#crc32c(batch.checked);
    if (computed !== crc) return `the CRC-32C is ${computed}, and the header says ${crc}`;
    if (lastOffsetDelta < 0) return `the last offset delta is ${lastOffsetDelta}`;
    if (recordCount < 0 || recordCount > lastOffsetDelta + 1) {
      return `it declares ${recordCount} records over ${lastOffsetDelta + 1} offsets`;
    }
    if (batch.compression >= CODECS.length) return `there is no codec ${batch.compression}`;
    return checkPlace(batch, place);
  }

  /** Null is good. `inflated` holds the records of a compressed batch. */
  checkRecords(batch: RecordBatch, inflated?: Buffer): string | null {
    const cursor = this.#cursor;
    if (inflated !== undefined) cursor.reset(inflated, 0, batch.recordCount);
    else cursor.reset(batch.bytes, BATCH_HEADER_BYTES, batch.recordCount);
    let before = -1;
    while (cursor.next()) {
      const { offsetDelta, index } = cursor;
      if (offsetDelta <= before || offsetDelta > batch.lastOffsetDelta) {
        return `record ${index - 1} has offset delta ${offsetDelta}, after ${before}`;
      }
      before = offsetDelta;
    }
    return cursor.defect;
  }
}

function checkPlace(batch: RecordBatch, place: BatchPlace): string | null {
  const { baseOffset, leaderEpoch } = batch;
  if (baseOffset < place.nextOffset) {
    return `it begins at offset ${baseOffset}, and the batch before ends at ${place.nextOffset}`;
  }
  if (leaderEpoch < place.leaderEpoch) {
    return `its leader epoch is ${leaderEpoch}, after ${place.leaderEpoch}`;
  }
  if (leaderEpoch <= place.lastEpoch) return null;
  return `its leader epoch is ${leaderEpoch}, and the log's last one ${place.lastEpoch}`;
}
