import { BrokerError, type ErrorName } from '../model/error.ts';
import { CODECS } from '../model/log/codec.ts';
import { UNDEFINED_EPOCH } from '../model/log/leader-epochs.ts';
import type { PartitionRef } from '../model/log/partition-ref.ts';
import { batchesIn, type RecordBatch } from '../model/log/record-batch.ts';
import { firstRecordSince } from '../model/log/records.ts';
import { CompressionError, type Compression } from '../../ports/compression.ts';
import { leaderEpochError } from './runtime/leader-epoch-error.ts';
import type { Partition } from './runtime/partition.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import { storageErrorName } from './runtime/storage-errors.ts';

/** Which offset is asked for: a place in the log, or the first record at or after a time (KIP-79, KIP-734, KIP-405, KIP-1005, KIP-1023). */
export type OffsetSpec =
  'earliest' | 'latest' | 'max-timestamp' | 'latest-tiered' | 'earliest-pending-upload' | number;

export interface OffsetQuery extends PartitionRef {
  readonly spec: OffsetSpec;
  /** -1 when the client does not say. */
  readonly currentLeaderEpoch: number;
}

/** `timestamp` and `offset` are -1 where there is none; `leaderEpoch` is -1 where it is not known. */
export interface ListedOffset {
  readonly error: ErrorName | null;
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

const SEARCH_CHUNK_BYTES = 64 * 1024;
const NONE = { error: null, timestamp: -1, offset: -1, leaderEpoch: UNDEFINED_EPOCH } as const;

/** Finds offsets in logs (Kafka's UnifiedLog.fetchOffsetByTimestamp). */
export class ListOffsets {
  readonly #registry: PartitionRegistry;
  readonly #compression: Compression;

  constructor(registry: PartitionRegistry, compression: Compression) {
    this.#registry = registry;
    this.#compression = compression;
  }

  /** The answers, in the order of the queries. */
  async execute(queries: readonly OffsetQuery[]): Promise<ListedOffset[]> {
    const answers: ListedOffset[] = [];
    for (const query of queries) answers.push(await this.#answer(query));
    return answers;
  }

  async #answer(query: OffsetQuery): Promise<ListedOffset> {
    const located = this.#registry.locate(query);
    if ('error' in located) return { ...NONE, error: located.error };
    try {
      const partition = await this.#registry.open(located.topic, query.partition);
      const error = leaderEpochError(partition, query.currentLeaderEpoch);
      return error ? { ...NONE, error } : await this.#find(partition, query.spec);
    } catch (error) {
      const name = error instanceof BrokerError ? error.code : storageErrorName(error);
      return { ...NONE, error: name };
    }
  }

  async #find(partition: Partition, spec: OffsetSpec): Promise<ListedOffset> {
    if (spec === 'earliest') return at(partition, partition.logStartOffset);
    if (spec === 'latest') {
      return { ...NONE, offset: partition.highWatermark, leaderEpoch: partition.leaderEpoch };
    }
    // Nothing is tiered, and nothing waits to be.
    if (spec === 'latest-tiered' || spec === 'earliest-pending-upload') return NONE;
    if (spec !== 'max-timestamp')
      return this.#since(partition, spec, await partition.offsetFor(spec));
    const { timestamp, baseOffset } = partition.maxTimestamp;
    if (baseOffset < 0) return NONE;
    // What was trimmed takes its peak along: look for the highest of what is left.
    if (baseOffset >= partition.logStartOffset)
      return this.#since(partition, timestamp, baseOffset);
    return this.#since(partition, await highestTimestamp(partition), partition.logStartOffset);
  }

  async #since(partition: Partition, timestamp: number, from: number): Promise<ListedOffset> {
    for await (const batch of batchesFrom(partition, from)) {
      if (batch.maxTimestamp < timestamp) continue;
      const found = firstRecordSince(batch, timestamp, await this.#inflated(batch));
      if (found !== null && found.offset >= partition.logStartOffset) {
        return { error: null, ...found, leaderEpoch: batch.leaderEpoch };
      }
    }
    return NONE;
  }

  async #inflated(batch: RecordBatch): Promise<Buffer | undefined> {
    if (batch.compression === 0) return undefined;
    const codec = CODECS[batch.compression] ?? 'none';
    try {
      return await this.#compression.decompress(codec, batch.records, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      throw new BrokerError('CORRUPT_MESSAGE', error.message);
    }
  }
}

function at(partition: Partition, offset: number): ListedOffset {
  const epoch = partition.epochs.findLast(start => start.startOffset <= offset);
  return { ...NONE, offset, leaderEpoch: epoch?.epoch ?? UNDEFINED_EPOCH };
}

async function highestTimestamp(partition: Partition): Promise<number> {
  let highest = 0;
  for await (const batch of batchesFrom(partition, partition.logStartOffset)) {
    highest = Math.max(highest, batch.maxTimestamp);
  }
  return highest;
}

async function* batchesFrom(partition: Partition, from: number): AsyncGenerator<RecordBatch> {
  for (let offset = from; offset < partition.highWatermark;) {
    const bytes = await partition.read(offset, SEARCH_CHUNK_BYTES, Buffer.allocUnsafe);
    if (bytes.length === 0) return;
    for (const batch of batchesIn(bytes)) {
      yield batch;
      offset = batch.nextOffset;
    }
  }
}
