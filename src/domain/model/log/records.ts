import { BrokerError } from '../error.ts';
import { BATCH_HEADER_BYTES, type RecordBatch } from './record-batch.ts';
import { VarintReader } from './varint.ts';

/** Length of a null key, value or header value. */
export const NULL_LENGTH = -1;
/** Body length, attributes, two deltas, three lengths or counts: one byte each at least. */
export const SMALLEST_RECORD_BYTES = 7;

/**
 * Walks the records of an uncompressed run of record bytes without an object or a string per record (Kafka's DefaultRecord):
 *
 *     length varint | attributes int8 | timestampDelta varlong | offsetDelta varint |
 *     keyLength varint, key | valueLength varint, value | headerCount varint, (keyLength, key, valueLength, value)*
 *
 * The fields describe the record that `next` stepped to, as positions in `bytes`; lengths below 0 mean null. Every length is
 * held against the bytes left. When `next` gives false, `defect` says whether that was the end (null) or what is wrong.
 */
export class RecordCursor {
  defect: string | null = null;
  /** How many records were stepped to. */
  index = 0;
  /** Where the record begins, with its length field, and where it ends. */
  start = 0;
  end = 0;
  offsetDelta = 0;
  timestampDelta = 0;
  /** Where that goes on which follows the timestamp delta. */
  afterTimestamp = 0;
  keyStart = 0;
  keyLength = NULL_LENGTH;
  valueStart = 0;
  valueLength = NULL_LENGTH;
  headersStart = 0;
  headerCount = 0;

  readonly #reader = new VarintReader();
  #end = 0;
  #count = 0;

  /** Begins at a run of `count` records that fills `bytes` from `start` to its end, to the last byte. */
  reset(bytes: Buffer, start: number, count: number): this {
    this.#reader.bytes = bytes;
    this.#reader.at = start;
    this.#reader.failed = false;
    this.#end = bytes.length;
    this.#count = count;
    this.index = 0;
    this.defect = null;
    return this;
  }

  get bytes(): Buffer {
    return this.#reader.bytes;
  }

  next(): boolean {
    if (this.index >= this.#count || this.defect !== null) return this.#finish();
    const reader = this.#reader;
    reader.end = this.#end;
    this.start = reader.at;
    const bodyLength = reader.varint();
    const bodyEnd = reader.at + bodyLength;
    this.end = bodyEnd;
    if (reader.failed || bodyLength < SMALLEST_RECORD_BYTES - 1 || bodyEnd > this.#end) {
      return this.#fail(`record ${this.index} has a length that its batch cannot hold`);
    }
    reader.end = bodyEnd;
    reader.at += 1; // attributes: no bit is in use
    this.timestampDelta = reader.varlong();
    this.afterTimestamp = reader.at;
    this.offsetDelta = reader.varint();
    this.keyLength = reader.varint();
    this.keyStart = this.#skip(this.keyLength);
    this.valueLength = reader.varint();
    this.valueStart = this.#skip(this.valueLength);
    this.headerCount = reader.varint();
    this.headersStart = reader.at;
    if (this.headerCount !== 0 && !this.#skipHeaders()) return false;
    if (reader.failed || reader.at !== bodyEnd) {
      return this.#fail(`record ${this.index} does not fill its length exactly`);
    }
    this.index += 1;
    return true;
  }

  #finish(): boolean {
    if (this.defect === null && this.#reader.at !== this.#end) {
      this.defect = `bytes are left after the ${this.#count} records that the batch declares`;
    }
    return false;
  }

  #fail(defect: string): false {
    this.defect = defect;
    return false;
  }

  /** Steps over a nullable field; gives where it began. */
  #skip(length: number): number {
    const reader = this.#reader;
    const start = reader.at;
    if (length > 0) {
      if (length > reader.end - start) reader.failed = true;
      else reader.at += length;
    }
    return start;
  }

  #skipHeaders(): boolean {
    const reader = this.#reader;
    // A header takes two bytes at least, so a count beyond that is a lie and not worth a loop.
    if (this.headerCount < 0 || this.headerCount > (reader.end - reader.at) / 2) {
      return this.#fail(`record ${this.index} declares ${this.headerCount} headers`);
    }
    for (let i = 0; i < this.headerCount && !reader.failed; i++) {
      const keyLength = reader.varint();
      if (keyLength < 0) return this.#fail(`record ${this.index} has a header without a key`);
      this.#skip(keyLength);
      this.#skip(reader.varint());
    }
    return true;
  }
}

export interface HeaderView {
  readonly key: string;
  readonly value: Buffer | null;
}

/** One record with its absolute offset and timestamp. Key, value and header values are views into the batch's bytes. */
export interface RecordView {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly HeaderView[];
}

/**
 * The records of a batch, for uses that are not hot. A compressed batch needs its `inflated` record bytes. Throws
 * INVALID_RECORD when it meets a record that is not well formed.
 */
export function* recordsIn(batch: RecordBatch, inflated?: Buffer): Generator<RecordView> {
  const cursor = cursorOver(batch, inflated);
  const appendTime = batch.isLogAppendTime ? batch.maxTimestamp : undefined;
  const { baseOffset, baseTimestamp } = batch;
  while (cursor.next()) {
    yield {
      offset: baseOffset + cursor.offsetDelta,
      timestamp: appendTime ?? baseTimestamp + cursor.timestampDelta,
      key: viewOf(cursor.bytes, cursor.keyStart, cursor.keyLength),
      value: viewOf(cursor.bytes, cursor.valueStart, cursor.valueLength),
      headers: headersAt(cursor),
    };
  }
  if (cursor.defect !== null) throw new BrokerError('INVALID_RECORD', cursor.defect);
}

/** What a record has of key, value and headers. */
export function contentBytes({ key, value, headers }: RecordView): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) bytes += header.key.length + (header.value?.length ?? 0);
  return bytes;
}

/**
 * The first record at or after a time and an offset, by offset and timestamp; null if the batch has none (KIP-79; Kafka's
 * searchForTimestamp).
 */
export function firstRecordSince(
  batch: RecordBatch,
  { timestamp, offset }: { timestamp: number; offset: number },
  inflated?: Buffer,
): { offset: number; timestamp: number } | null {
  if (batch.maxTimestamp < timestamp) return null;
  const appendTime = batch.isLogAppendTime ? batch.maxTimestamp : undefined;
  const cursor = cursorOver(batch, inflated);
  while (cursor.next()) {
    const recordTimestamp = appendTime ?? batch.baseTimestamp + cursor.timestampDelta;
    const recordOffset = batch.baseOffset + cursor.offsetDelta;
    if (recordTimestamp >= timestamp && recordOffset >= offset) {
      return { offset: recordOffset, timestamp: recordTimestamp };
    }
  }
  if (cursor.defect !== null) throw new BrokerError('INVALID_RECORD', cursor.defect);
  return null;
}

function cursorOver(batch: RecordBatch, inflated: Buffer | undefined): RecordCursor {
  const cursor = new RecordCursor();
  if (inflated !== undefined) return cursor.reset(inflated, 0, batch.recordCount);
  if (batch.compression !== 0)
    throw new Error('a compressed batch is read from its inflated records');
  return cursor.reset(batch.bytes, BATCH_HEADER_BYTES, batch.recordCount);
}

function viewOf(bytes: Buffer, start: number, length: number): Buffer | null {
  return length < 0 ? null : bytes.subarray(start, start + length);
}

/** The cursor has already held every length of these headers against the bytes. */
function headersAt(cursor: RecordCursor): HeaderView[] {
  const headers: HeaderView[] = [];
  const reader = new VarintReader();
  reader.bytes = cursor.bytes;
  reader.at = cursor.headersStart;
  reader.end = cursor.bytes.length;
  for (let i = 0; i < cursor.headerCount; i++) {
    const key = fieldAt(reader);
    headers.push({ key: key?.toString('utf8') ?? '', value: fieldAt(reader) });
  }
  return headers;
}

function fieldAt(reader: VarintReader): Buffer | null {
  const length = reader.varint();
  const field = viewOf(reader.bytes, reader.at, length);
  if (length > 0) reader.at += length;
  return field;
}
