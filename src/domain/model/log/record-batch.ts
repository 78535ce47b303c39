/**
 * A record batch of magic 2, as it travels and as it lies on disk (Kafka's DefaultRecordBatch):
 *
 *     0 baseOffset int64          21 attributes int16         43 producerId int64
 *     8 batchLength int32         23 lastOffsetDelta int32    51 producerEpoch int16
 *    12 partitionLeaderEpoch i32  27 baseTimestamp int64      53 baseSequence int32
 *    16 magic int8                35 maxTimestamp int64       57 recordCount int32
 *    17 crc uint32, over all from 21 to the end               61 records
 */
export const BATCH_HEADER_BYTES = 61;
/** What a batch needs before its length is known: base offset and batch length. */
export const BATCH_PREFIX_BYTES = 12;
/** Where the bytes begin that the CRC-32C covers: base offset and leader epoch lie before it. */
export const CRC_COVERS_FROM = 21;
export const MAGIC = 2;

export const NO_PRODUCER_ID = -1;
export const NO_TIMESTAMP = -1;

const TIMESTAMP_TYPE_BIT = 0x08;
const TRANSACTIONAL_BIT = 0x10;
const CONTROL_BIT = 0x20;
const DELETE_HORIZON_BIT = 0x40;
const COMPRESSION_MASK = 0x07;
const TWO_TO_32 = 0x1_0000_0000;

/** int64 as a number: exact for every offset, id and timestamp that this broker accepts. */
export function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}

/** Writes a safe integer as int64. */
export function putInt64(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_TO_32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * TWO_TO_32, at + 4);
}

/** The size in bytes of the batch that begins at `at`, as its header claims; at least 12 bytes must follow `at`. */
export function batchSizeAt(bytes: Buffer, at: number): number {
  return BATCH_PREFIX_BYTES + bytes.readInt32BE(at + 8);
}

/** A view of one whole batch: reads its header in place and copies nothing. The bytes belong to whoever made the view. */
export class RecordBatch {
  /** Exactly the bytes of this batch. */
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get sizeInBytes(): number {
    return this.bytes.length;
  }
  get baseOffset(): number {
    return int64At(this.bytes, 0);
  }
  get leaderEpoch(): number {
    return this.bytes.readInt32BE(12);
  }
  get magic(): number {
    return this.bytes.readInt8(16);
  }
  get crc(): number {
    return this.bytes.readUInt32BE(17);
  }
  get attributes(): number {
    return this.bytes.readInt16BE(21);
  }
  get lastOffsetDelta(): number {
    return this.bytes.readInt32BE(23);
  }
  get baseTimestamp(): number {
    return int64At(this.bytes, 27);
  }
  get maxTimestamp(): number {
    return int64At(this.bytes, 35);
  }
  get producerId(): number {
    return int64At(this.bytes, 43);
  }
  get producerEpoch(): number {
    return this.bytes.readInt16BE(51);
  }
  get baseSequence(): number {
    return this.bytes.readInt32BE(53);
  }
  get recordCount(): number {
    return this.bytes.readInt32BE(57);
  }

  /** The offset of the last record in this batch. */
  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }
  /** The offset that follows this batch. */
  get nextOffset(): number {
    return this.lastOffset + 1;
  }
  /** Codec id: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 are not assigned. */
  get compression(): number {
    return this.attributes & COMPRESSION_MASK;
  }
  get hasProducerId(): boolean {
    return this.producerId > NO_PRODUCER_ID;
  }
  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0;
  }
  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0;
  }
  get isLogAppendTime(): boolean {
    return (this.attributes & TIMESTAMP_TYPE_BIT) !== 0;
  }
  /** Whether compaction has set a delete horizon (KIP-534). */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & DELETE_HORIZON_BIT) !== 0;
  }
  /**
   * From when on compaction drops the batch's tombstones, in milliseconds since the Unix epoch; null before it first saw them.
   * It lies in the base timestamp's field, and timestamp deltas count from it all the same.
   */
  get deleteHorizonMs(): number | null {
    return this.hasDeleteHorizon ? this.baseTimestamp : null;
  }
  /** What follows the header: records, compressed or not. */
  get records(): Buffer {
    return this.bytes.subarray(BATCH_HEADER_BYTES);
  }
  /** What the CRC-32C is computed over. */
  get checked(): Buffer {
    return this.bytes.subarray(CRC_COVERS_FROM);
  }

  /** The same batch in memory of its own. */
  copy(): RecordBatch {
    return new RecordBatch(Buffer.from(this.bytes));
  }

  /** The same batch around records in another codec. The CRC must be set anew afterwards. */
  withRecords(codecId: number, records: Buffer): RecordBatch {
    const bytes = Buffer.concat([this.bytes.subarray(0, BATCH_HEADER_BYTES), records]);
    bytes.writeInt32BE(bytes.length - BATCH_PREFIX_BYTES, 8);
    bytes.writeInt16BE((this.attributes & ~COMPRESSION_MASK) | codecId, 21);
    return new RecordBatch(bytes);
  }

  /** Gives the batch its place in a log. Both fields lie outside the CRC, so the sender's checksum stays valid. */
  assign(baseOffset: number, leaderEpoch: number): void {
    putInt64(this.bytes, baseOffset, 0);
    this.bytes.writeInt32BE(leaderEpoch, 12);
  }

  /** Turns the batch to LogAppendTime: every record now has the broker's time. The CRC must be set anew afterwards. */
  stampLogAppendTime(timestamp: number): void {
    this.bytes.writeInt16BE(this.attributes | TIMESTAMP_TYPE_BIT, 21);
    putInt64(this.bytes, timestamp, 35);
  }

  /** Says the largest timestamp of the records. The CRC must be set anew afterwards. */
  setMaxTimestamp(timestamp: number): void {
    putInt64(this.bytes, timestamp, 35);
  }

  /** Says how many records are left. The CRC must be set anew afterwards. */
  setRecordCount(count: number): void {
    this.bytes.writeInt32BE(count, 57);
  }

  /** Sets the delete horizon, or takes it away. The CRC and the records' timestamp deltas must be set anew afterwards. */
  setDeleteHorizon(horizonMs: number | null): void {
    const others = this.attributes & ~DELETE_HORIZON_BIT;
    this.bytes.writeInt16BE(horizonMs === null ? others : others | DELETE_HORIZON_BIT, 21);
    putInt64(this.bytes, horizonMs ?? NO_TIMESTAMP, 27);
  }

  setCrc(crc: number): void {
    this.bytes.writeUInt32BE(crc, 17);
  }
}

/** Walks whole batches in a run of log bytes; a torn or cut one at the end is not visited. */
export function* batchesIn(bytes: Buffer): Generator<RecordBatch> {
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= bytes.length) {
    const size = batchSizeAt(bytes, at);
    if (size < BATCH_HEADER_BYTES || at + size > bytes.length) return;
    yield new RecordBatch(bytes.subarray(at, at + size));
    at += size;
  }
}

/** How many of these log bytes hold whole batches whose base offset is below `endOffset`. */
export function wholeBatchBytes(bytes: Buffer, endOffset: number): number {
  let at = 0;
  while (at + BATCH_PREFIX_BYTES <= bytes.length && int64At(bytes, at) < endOffset) {
    const size = batchSizeAt(bytes, at);
    if (size < BATCH_HEADER_BYTES || at + size > bytes.length) break;
    at += size;
  }
  return at;
}
