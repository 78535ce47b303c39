import { BrokerError, type ErrorName } from '../model/error.ts';
import { CODECS } from '../model/log/codec.ts';
import { UNDEFINED_EPOCH } from '../model/log/leader-epochs.ts';
import type { PartitionRef } from '../model/log/partition-ref.ts';
import { batchesIn, NO_TIMESTAMP, type RecordBatch } from '../model/log/record-batch.ts';
import { firstRecordSince, recordsIn } from '../model/log/records.ts';
import { CompressionError, type Compression } from '../../ports/compression.ts';
import { leaderEpochError } from './runtime/leader-epoch-error.ts';
import { walkLog } from './runtime/log-walk.ts';
import type { Partition } from './runtime/partition.ts';
import type { PartitionRegistry } from './runtime/partition-registry.ts';
import { readErrorName, storageErrorName } from './runtime/storage-errors.ts';

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
    const { topic } = located;
    const partition = await this.#registry.open(topic, query.partition).catch(storageErrorName);
    if (typeof partition === 'string') return { ...NONE, error: partition };
    const refusal = partition.unreadable ?? leaderEpochError(partition, query.currentLeaderEpoch);
    if (refusal) return { ...NONE, error: refusal };
    try {
      return await this.#find(partition, query.spec);
    } catch (error) {
      return { ...NONE, error: readErrorName(error) };
    }
  }

  async #find(partition: Partition, spec: OffsetSpec): Promise<ListedOffset> {
    if (spec === 'earliest') return at(partition, partition.logStartOffset);
    if (spec === 'latest') {
      return { ...NONE, offset: partition.highWatermark, leaderEpoch: partition.leaderEpoch };
    }
    // Nothing is tiered, and nothing waits to be.
    if (spec === 'latest-tiered' || spec === 'earliest-pending-upload') return NONE;
    if (spec === 'max-timestamp') return this.#latestByTime(partition);
    return this.#since(partition, spec, await partition.offsetFor(spec));
  }

  async #latestByTime(partition: Partition): Promise<ListedOffset> {
    const { timestamp, baseOffset } = partition.maxTimestamp;
    if (baseOffset < 0) return NONE;
    const { logStartOffset } = partition;
    const isKept = baseOffset >= logStartOffset && partition.offline === null;
    const found = isKept ? await this.#since(partition, timestamp, baseOffset) : NONE;
    const isUncommitted = isKept && baseOffset >= partition.highWatermark;
    if (found !== NONE || isUncommitted) return found;
    // What was trimmed or compacted, or could not be written, took the highest timestamp along: look for the highest of what is
    // there.
    const highest = await this.#highestTimestamp(partition);
    return highest === NO_TIMESTAMP ? NONE : this.#since(partition, highest, logStartOffset);
  }

  async #highestTimestamp(partition: Partition): Promise<number> {
    const { logStartOffset } = partition;
    let highest = NO_TIMESTAMP;
    for await (const batch of batchesFrom(partition, logStartOffset)) {
      if (batch.maxTimestamp <= highest || batch.recordCount === 0) continue;
      // Only the first batch can have lost records, and the highest may have been among them.
      if (batch.baseOffset >= logStartOffset) highest = batch.maxTimestamp;
      else highest = highestIn(batch, logStartOffset, await this.#inflated(batch));
    }
    return highest;
  }

  async #since(partition: Partition, timestamp: number, from: number): Promise<ListedOffset> {
    for await (const batch of batchesFrom(partition, from)) {
      if (batch.maxTimestamp < timestamp) continue;
      const wanted = { timestamp, offset: partition.logStartOffset };
      const found = firstRecordSince(batch, wanted, await this.#inflated(batch));
      if (found !== null) return { error: null, ...found, leaderEpoch: batch.leaderEpoch };
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

function highestIn(batch: RecordBatch, fromOffset: number, inflated?: Buffer): number {
  let highest = NO_TIMESTAMP;
  for (const { offset, timestamp } of recordsIn(batch, inflated)) {
    if (offset >= fromOffset) highest = Math.max(highest, timestamp);
  }
  return highest;
}

/** What is damaged is passed over, for nobody can read it anyway; the partition reports it. */
async function* batchesFrom(partition: Partition, from: number): AsyncGenerator<RecordBatch> {
  const range = { from, to: partition.highWatermark, chunkBytes: SEARCH_CHUNK_BYTES };
  for await (const stretch of walkLog(partition, range)) {
    if ('batches' in stretch) yield* batchesIn(stretch.batches);
  }
}
