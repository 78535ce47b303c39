import { BrokerError, type ErrorName } from '../../model/error.ts';
import { CODECS } from '../../model/log/codec.ts';
import type { RecordBatch } from '../../model/log/record-batch.ts';
import { recordsIn, type RecordView } from '../../model/log/records.ts';
import {
  CompressionError,
  type Compression,
  type CompressionErrorCode,
} from '../../../ports/compression.ts';
import { ByteRoom } from './byte-room.ts';
import { WorkSlots } from './work-slots.ts';

/** More than what RecordIntake lets in by default; with larger `max.message.bytes` it lets in more. */
const INFLATED_BYTES_MAX = 256 * 1024 * 1024;
/** Batches that are inflated at a time. */
const INFLATED_AT_ONCE = 2;
/** What of inflated batches may be in use before the next one is inflated. */
const IN_USE_BYTES = 128 * 1024 * 1024;

const NAMES: Record<CompressionErrorCode, ErrorName> = {
  'too-large': 'MESSAGE_TOO_LARGE',
  corrupt: 'CORRUPT_MESSAGE',
  unavailable: 'UNSUPPORTED_COMPRESSION_TYPE',
};

/**
 * Opens batches for those who look at records one by one. A batch may inflate to a thousand times what it was, so what is in use of
 * them is bounded: whoever wants one more waits until others have read theirs, or dropped them.
 */
export class BatchReader {
  readonly #compression: Compression;
  readonly #slots = new WorkSlots(INFLATED_AT_ONCE);
  readonly #room: ByteRoom;

  /** `inUseBytes` may be exceeded by what the batches have that are inflated at a time. */
  constructor(compression: Compression, inUseBytes = IN_USE_BYTES) {
    this.#compression = compression;
    this.#room = new ByteRoom(inUseBytes);
  }

  /**
   * The records of a batch, made as they are asked for; none for a control batch. They are to be iterated at once: the batch is in
   * use until that ends, and who wants a record for longer keeps a copy (`keptFrom`). Rejects with, and throws, a BrokerError.
   */
  async open(batch: RecordBatch): Promise<Iterable<RecordView>> {
    if (batch.isControl) return [];
    if (batch.compression === 0) return recordsIn(batch);
    return this.#slots.run(async () => {
      await this.#room.notFull();
      const inflated = await this.#inflated(batch);
      return released(recordsIn(batch, inflated), this.#room.take(inflated.length));
    });
  }

  async #inflated(batch: RecordBatch): Promise<Buffer> {
    const codec = CODECS[batch.compression];
    if (codec === undefined) {
      throw new BrokerError(
        'UNSUPPORTED_COMPRESSION_TYPE',
        `codec ${batch.compression} is unknown`,
      );
    }
    try {
      return await this.#compression.decompress(codec, batch.records, INFLATED_BYTES_MAX);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      throw new BrokerError(NAMES[error.code], error.message);
    }
  }
}

/** A record that outlives the use of its batch: it keeps none of what was inflated. */
export function keptFrom(batch: RecordBatch, record: RecordView): RecordView {
  if (batch.compression === 0) return record;
  const { offset, timestamp, key, value, headers } = record;
  const own = headers.map(header => ({ key: header.key, value: copyOf(header.value) }));
  return { offset, timestamp, key: copyOf(key), value: copyOf(value), headers: own };
}

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** Releases when all is read, or the reader stops or fails. */
function* released(records: Iterable<RecordView>, release: () => void): Generator<RecordView> {
  try {
    yield* records;
  } finally {
    release();
  }
}
