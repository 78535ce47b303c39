import { CODECS, type Codec } from './codec.ts';
import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  MAGIC,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  RecordBatch,
  putInt64,
} from './record-batch.ts';
import { putVarint, putVarlong, sizeOfVarint, sizeOfVarlong } from './varint.ts';

/** A record before it has an offset. Null is Kafka's null: a missing key, or a tombstone's value. */
export interface RecordToWrite {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since the Unix epoch; NO_TIMESTAMP when not given. */
  readonly timestamp?: number;
  readonly headers?: readonly { readonly key: string; readonly value: Buffer | null }[];
}

export interface ProducerFields {
  readonly id: number;
  readonly epoch: number;
  readonly baseSequence: number;
}

/** What a batch says in its header, beside what its records say. Everything has the value that a plain producer sends. */
export interface BatchFields {
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly producer?: ProducerFields;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

/** The record part of a batch: the bytes, and the codec that they were compressed with. */
export interface Payload {
  readonly codec: Codec;
  readonly bytes: Buffer;
}

type Crc32c = (bytes: Buffer) => number;

const NO_EPOCH = -1;
const NO_SEQUENCE = -1;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const NO_PRODUCER: ProducerFields = {
  id: NO_PRODUCER_ID,
  epoch: NO_EPOCH,
  baseSequence: NO_SEQUENCE,
};

/** A whole uncompressed batch of one record or more, with a valid CRC. */
export function buildBatch(
  records: readonly RecordToWrite[],
  fields: BatchFields,
  crc32c: Crc32c,
): RecordBatch {
  return frameBatch(records, { codec: 'none', bytes: encodeRecords(records) }, fields, crc32c);
}

/**
 * A whole batch around record bytes that the caller made with `encodeRecords` and compressed; `records` are the same ones,
 * for the header's count and timestamps.
 */
export function frameBatch(
  records: readonly RecordToWrite[],
  payload: Payload,
  fields: BatchFields,
  crc32c: Crc32c,
): RecordBatch {
  const bytes = Buffer.alloc(BATCH_HEADER_BYTES + payload.bytes.length);
  payload.bytes.copy(bytes, BATCH_HEADER_BYTES);
  const timestamps = records.map(timestampOf);
  const producer = fields.producer ?? NO_PRODUCER;
  putInt64(bytes, fields.baseOffset ?? 0, 0);
  bytes.writeInt32BE(bytes.length - BATCH_PREFIX_BYTES, 8);
  bytes.writeInt32BE(fields.leaderEpoch ?? -1, 12);
  bytes.writeInt8(MAGIC, 16);
  bytes.writeInt16BE(attributesOf(payload.codec, fields), 21);
  bytes.writeInt32BE(records.length - 1, 23);
  putInt64(bytes, timestamps[0] ?? NO_TIMESTAMP, 27);
  putInt64(bytes, largest(timestamps), 35);
  putInt64(bytes, producer.id, 43);
  bytes.writeInt16BE(producer.epoch, 51);
  bytes.writeInt32BE(producer.baseSequence, 53);
  bytes.writeInt32BE(records.length, 57);
  const batch = new RecordBatch(bytes);
  batch.setCrc(crc32c(batch.checked));
  return batch;
}

/** The records as they lie in a batch, with deltas from the first one's timestamp and from offset 0. */
export function encodeRecords(records: readonly RecordToWrite[]): Buffer {
  const base = records[0] === undefined ? NO_TIMESTAMP : timestampOf(records[0]);
  const bodies = records.map((record, index) =>
    bodySize(record, timestampOf(record) - base, index),
  );
  const bytes = Buffer.allocUnsafe(
    bodies.reduce((sum, size) => sum + sizeOfVarint(size) + size, 0),
  );
  let at = 0;
  records.forEach((record, index) => {
    at = putVarint(bytes, bodies[index]!, at);
    bytes[at++] = 0;
    at = putVarlong(bytes, timestampOf(record) - base, at);
    at = putVarint(bytes, index, at);
    at = putNullable(bytes, record.key, at);
    at = putNullable(bytes, record.value, at);
    at = putHeaders(bytes, record, at);
  });
  return bytes;
}

function attributesOf(codec: Codec, fields: BatchFields): number {
  const transactional = fields.transactional === true ? TRANSACTIONAL : 0;
  const control = fields.control === true ? CONTROL : 0;
  return CODECS.indexOf(codec) | transactional | control;
}

function timestampOf(record: RecordToWrite): number {
  return record.timestamp ?? NO_TIMESTAMP;
}

function largest(timestamps: readonly number[]): number {
  return timestamps.reduce((max, timestamp) => Math.max(max, timestamp), NO_TIMESTAMP);
}

function bodySize(record: RecordToWrite, timestampDelta: number, index: number): number {
  const headers = record.headers ?? [];
  const headerBytes = headers.reduce((sum, header) => {
    const keyLength = Buffer.byteLength(header.key);
    return sum + sizeOfVarint(keyLength) + keyLength + nullableSize(header.value);
  }, sizeOfVarint(headers.length));
  const deltas = sizeOfVarlong(timestampDelta) + sizeOfVarint(index);
  return 1 + deltas + nullableSize(record.key) + nullableSize(record.value) + headerBytes;
}

function nullableSize(field: Buffer | null): number {
  return field === null ? sizeOfVarint(-1) : sizeOfVarint(field.length) + field.length;
}

function putNullable(bytes: Buffer, field: Buffer | null, at: number): number {
  if (field === null) return putVarint(bytes, -1, at);
  const start = putVarint(bytes, field.length, at);
  return start + field.copy(bytes, start);
}

function putHeaders(bytes: Buffer, record: RecordToWrite, at: number): number {
  const headers = record.headers ?? [];
  let next = putVarint(bytes, headers.length, at);
  for (const header of headers) {
    next = putNullable(bytes, Buffer.from(header.key), next);
    next = putNullable(bytes, header.value, next);
  }
  return next;
}
