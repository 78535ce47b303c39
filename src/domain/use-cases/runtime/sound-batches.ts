import { CODECS } from '../../model/log/codec.ts';
import { batchesIn, type RecordBatch } from '../../model/log/record-batch.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import { CompressionError, type Compression } from '../../../ports/compression.ts';
import { DamagedBatchError } from './checked-reads.ts';
import type { Pace } from './pace.ts';
import type { Partition } from './partition.ts';
import { ReadChunk } from './read-chunk.ts';

const CHUNK_BYTES = 512 * 1024;

/** Reads the committed batches of a log one after the other, at a pace, and vouches for their bytes. */
export class SoundBatches {
  readonly #partition: Partition;
  readonly #checksum: Checksum;
  readonly #compression: Compression;
  readonly #pace: Pace;
  readonly #chunk = new ReadChunk();

  constructor(
    partition: Partition,
    parts: { readonly checksum: Checksum; readonly compression: Compression; readonly pace: Pace },
  ) {
    this.#partition = partition;
    this.#checksum = parts.checksum;
    this.#compression = parts.compression;
    this.#pace = parts.pace;
  }

  /**
   * The batches from the one that holds `from` up to `to`, which is a batch's base offset. A batch may be used until the next one is
   * asked for. Throws a StorageError, which is a DamagedBatchError where the bytes are bad, or a StoppedError.
   */
  async *between(from: number, to: number): AsyncGenerator<RecordBatch> {
    for (let offset = from; offset < to;) {
      const before = offset;
      for (const batch of batchesIn(await this.#read(offset))) {
        if (batch.baseOffset >= to) return;
        if (this.#checksum.crc32c(batch.checked) !== batch.crc) {
          throw this.damaged(batch.baseOffset, 'the checksum of a batch is wrong');
        }
        offset = batch.nextOffset;
        yield batch;
        await this.#pace.breathe();
      }
      if (offset === before) throw this.damaged(offset, 'the log ends before its end');
    }
  }

  /** The records of a batch, inflated where need be. Throws a DamagedBatchError, or a CompressionError for a codec that is missing. */
  async recordsOf(batch: RecordBatch): Promise<Buffer> {
    if (batch.compression === 0 || batch.recordCount === 0) return batch.records;
    const codec = CODECS[batch.compression];
    if (codec === undefined) throw this.damaged(batch.baseOffset, 'a batch has no known codec');
    try {
      return await this.#compression.decompress(codec, batch.records, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (!(error instanceof CompressionError) || error.code === 'unavailable') throw error;
      throw this.damaged(batch.baseOffset, `a batch cannot be inflated: ${error.message}`);
    }
  }

  damaged(offset: number, what: string): DamagedBatchError {
    return new DamagedBatchError(`${what}, at offset ${offset}`, offset, null);
  }

  async #read(offset: number): Promise<Buffer> {
    const read = this.#partition.read(offset, CHUNK_BYTES, this.#chunk.allocate);
    const bytes = read instanceof Promise ? await read : read;
    if (read instanceof Promise) this.#pace.rested();
    this.#pace.spend(bytes.length);
    return bytes;
  }
}
