import {
  BatchValidator,
  isDefect,
  soleBatch,
  type BatchDefect,
  type BatchRules,
} from '../../model/log/batch-validation.ts';
import { CODECS, type Codec } from '../../model/log/codec.ts';
import type { RecordBatch } from '../../model/log/record-batch.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import { CompressionError, type Compression } from '../../../ports/compression.ts';
import { WorkSlots } from './work-slots.ts';

/** A batch that may be appended, or what is wrong with it. */
export type Admission = RecordBatch | BatchDefect;

/** What a compressed batch may grow to while it is checked, at least. */
const INFLATED_BYTES_MIN = 64 * 1024 * 1024;
/** Batches that are inflated at a time: a client can send thousands that grow a thousandfold, so this is what bounds memory. */
const INFLATED_AT_ONCE = 4;

/**
 * Checks produced bytes and brings them into the form in which the topic keeps them. A batch that was not compressed is judged
 * at once and in place; a compressed one is inflated to look at its records, and kept as it came unless the topic asks for
 * another codec (`compression.type`). Kafka checks both the same way (LogValidator).
 */
export class RecordIntake {
  readonly #validator: BatchValidator;
  readonly #checksum: Checksum;
  readonly #compression: Compression;
  readonly #clock: Clock;
  readonly #slots = new WorkSlots(INFLATED_AT_ONCE);

  constructor(checksum: Checksum, compression: Compression, clock: Clock) {
    this.#checksum = checksum;
    this.#validator = new BatchValidator(bytes => checksum.crc32c(bytes));
    this.#compression = compression;
    this.#clock = clock;
  }

  /** At once, with a view of `bytes`, when nothing need be inflated or compressed; otherwise later, with a copy. */
  admit(bytes: Buffer, topic: Topic, zstdAllowed: boolean): Admission | Promise<Admission> {
    const rules = this.#rules(topic, zstdAllowed);
    const batch = soleBatch(bytes, rules);
    if (isDefect(batch)) return batch;
    const defect = this.#validator.checkHeader(batch, rules);
    if (defect !== null) return defect;
    const given = CODECS[batch.compression]!;
    const kept = keptCodec(topic, given);
    if (given === 'none' && kept === 'none') return this.#judge(batch, rules);
    const own = batch.copy();
    return this.#slots.run(() => this.#inflateAndJudge(own, rules, kept));
  }

  #judge(batch: RecordBatch, rules: BatchRules, inflated?: Buffer): Admission {
    const defect = this.#validator.checkRecords(batch, rules, inflated);
    if (defect !== null) return defect;
    this.#validator.mend(batch, rules);
    return batch;
  }

  async #inflateAndJudge(batch: RecordBatch, rules: BatchRules, kept: Codec): Promise<Admission> {
    const limit = Math.max(INFLATED_BYTES_MIN, 2 * rules.maxMessageBytes);
    const given = CODECS[batch.compression]!;
    try {
      const inflated = await this.#compression.decompress(given, batch.records, limit);
      const judged = this.#judge(batch, rules, inflated);
      if (isDefect(judged) || given === kept) return judged;
      return await this.#recode(judged, inflated, kept, rules.maxMessageBytes);
    } catch (error) {
      if (error instanceof CompressionError) return compressionDefect(error);
      throw error;
    }
  }

  async #recode(
    batch: RecordBatch,
    inflated: Buffer,
    kept: Codec,
    maxMessageBytes: number,
  ): Promise<Admission> {
    const records = await this.#compression.compress(kept, inflated);
    const recoded = batch.withRecords(CODECS.indexOf(kept), records);
    recoded.setCrc(this.#checksum.crc32c(recoded.checked));
    if (recoded.sizeInBytes <= maxMessageBytes) return recoded;
    const message = `the batch has ${recoded.sizeInBytes} bytes as ${kept}`;
    return { error: 'MESSAGE_TOO_LARGE', message, recordErrors: [] };
  }

  #rules(topic: Topic, zstdAllowed: boolean): BatchRules {
    return {
      maxMessageBytes: topic.maxMessageBytes,
      segmentBytes: topic.segmentBytes,
      zstdAllowed,
      compacted: topic.compacted,
      timestampType: topic.timestampType,
      timestampBeforeMaxMs: topic.timestampBeforeMaxMs,
      timestampAfterMaxMs: topic.timestampAfterMaxMs,
      now: this.#clock.now(),
    };
  }
}

function keptCodec(topic: Topic, given: Codec): Codec {
  const kept = topic.compressionType;
  if (kept === 'producer') return given;
  return kept === 'uncompressed' ? 'none' : kept;
}

function compressionDefect(error: CompressionError): BatchDefect {
  const names = {
    'too-large': 'MESSAGE_TOO_LARGE',
    corrupt: 'CORRUPT_MESSAGE',
    unavailable: 'UNSUPPORTED_COMPRESSION_TYPE',
  } as const;
  return { error: names[error.code], message: error.message, recordErrors: [] };
}
