import type { ErrorName } from '../error.ts';
import { CODECS } from './codec.ts';
import {
  BATCH_HEADER_BYTES,
  BATCH_PREFIX_BYTES,
  MAGIC,
  NO_TIMESTAMP,
  RecordBatch,
  batchSizeAt,
} from './record-batch.ts';
import { RecordCursor } from './records.ts';

/** What a topic and a request ask of a produced batch; names and meanings as in Kafka's topic configs. */
export interface BatchRules {
  /** `max.message.bytes`. */
  readonly maxMessageBytes: number;
  /** `segment.bytes`: a batch never spans two segments. */
  readonly segmentBytes: number;
  /** Produce below version 7 may not use zstd (KIP-110). */
  readonly zstdAllowed: boolean;
  /** `cleanup.policy` holds `compact`: every record needs a key. */
  readonly compacted: boolean;
  readonly timestampType: 'CreateTime' | 'LogAppendTime';
  /** `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms`. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** The broker's clock, in milliseconds since the Unix epoch. */
  readonly now: number;
}

/** One record that was refused, by its place in the batch (KIP-467). */
export interface RecordDefect {
  readonly batchIndex: number;
  readonly message: string;
}

export interface BatchDefect {
  readonly error: ErrorName;
  readonly message: string;
  readonly recordErrors: readonly RecordDefect[];
}

type Crc32c = (bytes: Buffer) => number;

/** Kafka's LegacyRecord.RECORD_OVERHEAD_V0: a length field below this is no batch of any magic. */
const SMALLEST_BATCH_LENGTH = 14;
const MAGIC_AT = 16;
const ZSTD = CODECS.indexOf('zstd');
/** A batch may have a million bad records; an answer names this many. */
const RECORD_ERRORS_MAX = 100;

/**
 * The one batch that a partition's bytes in a Produce request must be, or what is wrong: Kafka's ByteBufferLogInputStream and
 * ProduceRequest.validateRecords. Bytes after it that are no whole batch are refused too, where Kafka drops them silently.
 */
export function soleBatch(bytes: Buffer, rules: BatchRules): RecordBatch | BatchDefect {
  const unframed = checkFrame(bytes);
  if (unframed !== null) return unframed;
  const size = batchSizeAt(bytes, 0);
  const batch = new RecordBatch(bytes.length === size ? bytes : bytes.subarray(0, size));
  if (batch.compression === ZSTD && !rules.zstdAllowed) {
    return defect('UNSUPPORTED_COMPRESSION_TYPE', 'zstd needs Produce version 7 or newer');
  }
  if (bytes.length > size) return invalid('a partition takes exactly one record batch a request');
  return batch;
}

/** Null when the bytes begin with a whole batch of format 2. */
function checkFrame(bytes: Buffer): BatchDefect | null {
  if (bytes.length < BATCH_PREFIX_BYTES) return invalid('there is no record batch');
  const size = batchSizeAt(bytes, 0);
  if (size < BATCH_PREFIX_BYTES + SMALLEST_BATCH_LENGTH) {
    return corrupt(`the length field gives a batch of ${size} bytes`);
  }
  const magic = bytes.length > MAGIC_AT ? bytes.readInt8(MAGIC_AT) : MAGIC;
  if (magic < 0 || magic > MAGIC) return corrupt(`there is no message format ${magic}`);
  if (bytes.length < size) {
    return invalid(`the record batch is cut off: ${bytes.length} bytes of ${size}`);
  }
  if (magic !== MAGIC)
    return invalid(`message format ${magic} is refused: only format 2 is served`);
  return size < BATCH_HEADER_BYTES ? corrupt(`${size} bytes hold no whole batch header`) : null;
}

/** Whether `soleBatch` answered with a defect. */
export function isDefect(outcome: RecordBatch | BatchDefect): outcome is BatchDefect {
  return !(outcome instanceof RecordBatch);
}

/**
 * Judges produced batches by Kafka's rules, in Kafka's order, with Kafka's codes (UnifiedLog.analyzeAndValidateRecords, then
 * LogValidator). A good batch costs no allocation. One validator serves one event loop: it keeps a cursor and the last result.
 */
export class BatchValidator {
  /** The largest record timestamp that the last `checkRecords` met; NO_TIMESTAMP if no record had one. */
  maxTimestamp = NO_TIMESTAMP;

  readonly #crc32c: Crc32c;
  readonly #cursor = new RecordCursor();

  constructor(crc32c: Crc32c) {
    this.#crc32c = crc32c;
  }

  /** What the header alone can show; null is good. */
  checkHeader(batch: RecordBatch, rules: BatchRules): BatchDefect | null {
    if (batch.baseOffset !== 0) return invalid(`base offset is ${batch.baseOffset}, not 0`);
    const size = batch.sizeInBytes;
    if (size > rules.maxMessageBytes) {
      const limit = `max.message.bytes of ${rules.maxMessageBytes}`;
      return defect('MESSAGE_TOO_LARGE', `the batch has ${size} bytes, above ${limit}`);
    }
    if (this.#crc32c(batch.checked) !== batch.crc) {
      return corrupt(`the CRC-32C in the header (${batch.crc}) is not that of the bytes`);
    }
    if (batch.compression >= CODECS.length) {
      const message = `there is no compression type ${batch.compression}`;
      return defect('UNSUPPORTED_COMPRESSION_TYPE', message);
    }
    return checkCounts(batch) ?? checkProducer(batch) ?? checkPlace(batch, rules);
  }

  /**
   * What only the records show; null is good. `inflated` holds the records of a compressed batch. Afterwards `maxTimestamp`
   * is what the header ought to say.
   */
  checkRecords(batch: RecordBatch, rules: BatchRules, inflated?: Buffer): BatchDefect | null {
    if (inflated === undefined && batch.compression !== 0) {
      throw new Error('a compressed batch is checked by its inflated records');
    }
    const cursor = this.#cursor;
    if (inflated !== undefined) cursor.reset(inflated, 0, batch.recordCount);
    else cursor.reset(batch.bytes, BATCH_HEADER_BYTES, batch.recordCount);
    const walked = this.#walk(batch, rules);
    // The cursor outlives the call: it must not keep a receive buffer alive, nor look at one that is used again.
    cursor.reset(NO_BYTES, 0, 0);
    return walked;
  }

  /**
   * Mends what Kafka mends instead of refusing: the max timestamp is the one `checkRecords` saw, or the broker's time on a
   * topic with LogAppendTime (DefaultRecordBatch.setMaxTimestamp). The CRC is computed anew only when something changed.
   */
  mend(batch: RecordBatch, rules: BatchRules): void {
    if (rules.timestampType === 'LogAppendTime') batch.stampLogAppendTime(rules.now);
    else if (batch.maxTimestamp !== this.maxTimestamp) batch.setMaxTimestamp(this.maxTimestamp);
    else return;
    batch.setCrc(this.#crc32c(batch.checked));
  }

  #walk(batch: RecordBatch, rules: BatchRules): BatchDefect | null {
    const cursor = this.#cursor;
    const { baseTimestamp } = batch;
    const limits = timestampLimits(rules);
    let refused: RefusedRecords | null = null;
    let maxTimestamp = NO_TIMESTAMP;
    while (cursor.next()) {
      const index = cursor.index - 1;
      if (cursor.offsetDelta !== index) return outOfOrder(index, cursor.offsetDelta);
      const timestamp = baseTimestamp + cursor.timestampDelta;
      if (timestamp > maxTimestamp) maxTimestamp = timestamp;
      const keyless = rules.compacted && cursor.keyLength < 0;
      if (keyless || isUntimely(timestamp, limits)) {
        refused ??= new RefusedRecords();
        if (keyless) refused.keyless(index);
        else refused.untimely(index, timestamp, limits);
      }
    }
    this.maxTimestamp = maxTimestamp;
    if (cursor.defect !== null) return invalid(cursor.defect);
    return refused === null ? null : refused.defect();
  }
}

const NO_BYTES = Buffer.alloc(0);

function checkCounts(batch: RecordBatch): BatchDefect | null {
  const { lastOffsetDelta, recordCount } = batch;
  if (lastOffsetDelta < 0) return invalid(`last offset delta is ${lastOffsetDelta}`);
  if (recordCount <= 0) return invalid(`record count is ${recordCount}`);
  if (lastOffsetDelta + 1 !== recordCount) {
    return invalid(`last offset delta is ${lastOffsetDelta}, but record count ${recordCount}`);
  }
  return batch.isControl ? invalid('clients may not write control records') : null;
}

function checkProducer(batch: RecordBatch): BatchDefect | null {
  const { producerId } = batch;
  if (!batch.hasProducerId) {
    return batch.isTransactional ? invalid('a transactional batch needs a producer id') : null;
  }
  if (!Number.isSafeInteger(producerId)) return invalid(`there is no producer id ${producerId}`);
  if (batch.baseSequence < 0) {
    return invalid(`base sequence is ${batch.baseSequence}, with producer id ${producerId}`);
  }
  return batch.producerEpoch < 0
    ? invalid(`producer epoch is ${batch.producerEpoch}, with producer id ${producerId}`)
    : null;
}

function checkPlace(batch: RecordBatch, rules: BatchRules): BatchDefect | null {
  if (batch.isLogAppendTime) {
    const message = 'a producer may not set the timestamp type to LogAppendTime';
    return defect('INVALID_TIMESTAMP', message);
  }
  if (!Number.isSafeInteger(batch.baseTimestamp)) {
    return defect('INVALID_TIMESTAMP', `base timestamp ${batch.baseTimestamp} is out of range`);
  }
  if (batch.sizeInBytes > rules.segmentBytes) {
    const limit = `segment.bytes of ${rules.segmentBytes}`;
    return defect('RECORD_LIST_TOO_LARGE', `${batch.sizeInBytes} bytes are above ${limit}`);
  }
  return null;
}

interface TimestampLimits {
  readonly min: number;
  readonly max: number;
}

function isUntimely(timestamp: number, limits: TimestampLimits): boolean {
  return (timestamp < limits.min || timestamp > limits.max) && timestamp !== NO_TIMESTAMP;
}

/** With LogAppendTime a record's own time is of no account; otherwise it must lie within the limits, and be a safe integer. */
function timestampLimits(rules: BatchRules): TimestampLimits {
  if (rules.timestampType === 'LogAppendTime') return { min: -Infinity, max: Infinity };
  return {
    min: Math.max(Number.MIN_SAFE_INTEGER, rules.now - rules.timestampBeforeMaxMs),
    max: Math.min(Number.MAX_SAFE_INTEGER, rules.now + rules.timestampAfterMaxMs),
  };
}

/** Gathers refused records. As in Kafka, one bad timestamp among them names the whole answer. */
class RefusedRecords {
  readonly #records: RecordDefect[] = [];
  #anyTimestamp = false;
  #count = 0;

  keyless(batchIndex: number): void {
    this.#add({ batchIndex, message: 'a compacted topic takes no record without a key' });
  }

  untimely(batchIndex: number, timestamp: number, limits: TimestampLimits): void {
    this.#anyTimestamp = true;
    const message = `timestamp ${timestamp} is outside [${limits.min}, ${limits.max}]`;
    this.#add({ batchIndex, message });
  }

  defect(): BatchDefect {
    const error = this.#anyTimestamp ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD';
    const first = this.#records[0]?.message ?? '';
    const message = `${this.#count} refused: ${first}`;
    return { error, message, recordErrors: this.#records };
  }

  #add(record: RecordDefect): void {
    this.#count += 1;
    if (this.#records.length < RECORD_ERRORS_MAX) this.#records.push(record);
  }
}

function outOfOrder(index: number, offsetDelta: number): BatchDefect {
  return invalid(`record ${index} has offset delta ${offsetDelta}`);
}

function invalid(message: string): BatchDefect {
  return defect('INVALID_RECORD', message);
}

function corrupt(message: string): BatchDefect {
  return defect('CORRUPT_MESSAGE', message);
}

function defect(error: ErrorName, message: string): BatchDefect {
  return { error, message, recordErrors: [] };
}
