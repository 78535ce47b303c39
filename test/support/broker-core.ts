import { expect } from 'vitest';
import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { FetchSessionCache } from '../../src/domain/model/fetch/fetch-session-cache.ts';
import type { FetchPartition } from '../../src/domain/model/fetch/fetch-session.ts';
import {
  buildBatch,
  frameBatch,
  encodeRecords,
  type BatchFields,
  type RecordToWrite,
} from '../../src/domain/model/log/batch-builder.ts';
import type { Codec } from '../../src/domain/model/log/codec.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../src/domain/model/log/records.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import { DeleteRecords } from '../../src/domain/use-cases/delete-records.ts';
import { Fetch, type FetchCommand } from '../../src/domain/use-cases/fetch.ts';
import type { FetchAnswer } from '../../src/domain/use-cases/runtime/partition-read.ts';
import { ListOffsets } from '../../src/domain/use-cases/list-offsets.ts';
import { OffsetForLeaderEpoch } from '../../src/domain/use-cases/offset-for-leader-epoch.ts';
import {
  Produce,
  type ProduceCommand,
  type ProduceOutcome,
} from '../../src/domain/use-cases/produce.ts';
import {
  FlushPolicy,
  type FlushPolicyName,
} from '../../src/domain/use-cases/runtime/flush-policy.ts';
import type { MetadataLog } from '../../src/domain/use-cases/runtime/metadata-log.ts';
import { PartitionRegistry } from '../../src/domain/use-cases/runtime/partition-registry.ts';
import { RecordIntake } from '../../src/domain/use-cases/runtime/record-intake.ts';
import type { LogStorage } from '../../src/ports/log-storage.ts';
import { HeldLogStorage } from './held-log-storage.ts';
import type { newTopic } from './metadata-fixture.ts';
import { startMetadata } from './metadata-fixture.ts';
import { RecordingLogger } from './recording-logger.ts';
import { VirtualTime } from './virtual-time.ts';

const CRC32C = new Crc32c();
const COMPRESSION = new NodeCompression();
const crc32c = (bytes: Buffer): number => CRC32C.crc32c(bytes);

export const SESSIONLESS = { sessionId: 0, sessionEpoch: -1, forgotten: [], usesTopicIds: false };

/** The log's use cases over a store, in virtual time; a new one over the same store is a restart. */
export class BrokerCore {
  readonly time: VirtualTime;
  readonly logger = new RecordingLogger();
  readonly storage: HeldLogStorage;
  readonly metadata: MetadataLog;
  readonly registry: PartitionRegistry;
  readonly produce: Produce;
  readonly fetch: Fetch;
  readonly listOffsets: ListOffsets;
  readonly deleteRecords: DeleteRecords;
  readonly offsetForLeaderEpoch: OffsetForLeaderEpoch;
  flushPolicy: FlushPolicyName = 'acks-all';
  fetchMaxBytes = 50 * 1024 * 1024;
  readonly #disk: LogStorage;
  readonly #create: (topic: Parameters<typeof newTopic>[0]) => Promise<Topic[]>;

  static async start(
    disk: LogStorage = new MemoryLogStorage(),
    time = new VirtualTime(),
  ): Promise<BrokerCore> {
    const { metadata, create } = await startMetadata(disk);
    return new BrokerCore({ disk, time, metadata, create });
  }

  private constructor(parts: {
    disk: LogStorage;
    time: VirtualTime;
    metadata: MetadataLog;
    create: (...topics: Parameters<typeof newTopic>[0][]) => Promise<Topic[]>;
  }) {
    const { disk, time, metadata, create } = parts;
    const { logger } = this;
    this.#disk = disk;
    this.#create = create;
    this.time = time;
    this.metadata = metadata;
    this.storage = new HeldLogStorage(disk);
    const topics = metadata.state;
    const { epoch } = metadata;
    const registry = (this.registry = new PartitionRegistry({
      topics,
      storage: this.storage,
      epoch,
      checksum: CRC32C,
      clock: time,
      logger,
      producerExpirationMs: () => 86_400_000,
    }));
    const intake = new RecordIntake(CRC32C, COMPRESSION, time);
    const flushPolicy = new FlushPolicy(() => this.flushPolicy);
    this.produce = new Produce({ registry, intake, flushPolicy, clock: time, timers: time });
    let id = 0;
    const sessions = new FetchSessionCache(10, 120_000, () => id++);
    const maxBytes = (): number => this.fetchMaxBytes;
    this.fetch = new Fetch({ registry, sessions, clock: time, timers: time, maxBytes });
    this.listOffsets = new ListOffsets(registry, COMPRESSION);
    this.deleteRecords = new DeleteRecords(registry);
    this.offsetForLeaderEpoch = new OffsetForLeaderEpoch(registry);
  }

  /** The next broker on the same store; the one before is fenced by it. */
  restart(): Promise<BrokerCore> {
    return BrokerCore.start(this.#disk, this.time);
  }

  /** Creates a topic of one partition, or of so many. */
  async topic(name: string, configs: Record<string, string> = {}, partitions = 1): Promise<Topic> {
    const wanted = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    const [topic] = await this.#create({ name, partitions, configs: wanted });
    return topic!;
  }

  /** Produces to partition 0 of `orders`, with acks -1, unless told otherwise. */
  async send(records: Buffer | null, given: Partial<Sending> = {}): Promise<ProduceOutcome> {
    const { topic = 'orders', topicId = null, partition = 0, ...command } = given;
    const outcomes = await this.produce.execute({
      acks: -1,
      timeoutMs: 30_000,
      transactionalId: null,
      zstdAllowed: true,
      partitions: [{ topic, topicId, partition, records }],
      ...command,
    });
    expect(outcomes.length).toBe(1);
    return outcomes[0]!;
  }

  /** Reads partition 0 of `orders` from an offset, and waits for nothing. */
  async read(fetchOffset = 0, given: Partial<FetchPartition> = {}): Promise<FetchAnswer> {
    const wanted = wants({ fetchOffset, ...given });
    const { answers } = await this.fetch.execute(fetchCommand([wanted]));
    return answers[0]!;
  }

  /** The values of all that can be read. */
  async values(given: Partial<FetchPartition> = {}): Promise<string[]> {
    const { error, records } = await this.read(given.fetchOffset ?? 0, given);
    expect(error).toBeNull();
    return valuesIn(records);
  }
}

type Sending = ProduceCommand & { topic: string; topicId: string | null; partition: number };

export function wants(given: Partial<FetchPartition> = {}): FetchPartition {
  return {
    topic: 'orders',
    topicId: null,
    partition: 0,
    fetchOffset: 0,
    maxBytes: 1024 * 1024,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    ...given,
  };
}

export function fetchCommand(
  partitions: readonly FetchPartition[],
  given: Partial<FetchCommand> = {},
): FetchCommand {
  return {
    session: { ...SESSIONLESS, partitions },
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 50 * 1024 * 1024,
    allocate: bytes => Buffer.allocUnsafe(bytes),
    signal: new AbortController().signal,
    ...given,
  };
}

/** A batch as a producer sends it: a record for each value, with a timestamp of the fixture's start. */
export function batch(
  values: readonly (string | Partial<RecordToWrite>)[],
  fields: BatchFields = {},
): Buffer {
  return buildBatch(recordsOf(values), fields, crc32c).bytes;
}

export async function compressedBatch(
  codec: Codec,
  values: readonly (string | Partial<RecordToWrite>)[],
  fields: BatchFields = {},
): Promise<Buffer> {
  const records = recordsOf(values);
  const bytes = await COMPRESSION.compress(codec, encodeRecords(records));
  return frameBatch(records, { codec, bytes }, fields, crc32c).bytes;
}

/** The batch with some of its header changed, and a CRC that is right again. */
export function patched(bytes: Buffer, patch: (bytes: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  patch(copy);
  copy.writeUInt32BE(crc32c(copy.subarray(21)), 17);
  return copy;
}

export function isSound(records: Buffer): boolean {
  return [...batchesIn(records)].every(found => crc32c(found.checked) === found.crc);
}

/** The values in batches that are not compressed. */
export function valuesIn(records: Buffer): string[] {
  return [...batchesIn(records)].flatMap(found =>
    [...recordsIn(found)].map(record => String(record.value)),
  );
}

export const inflate = (codec: Codec, bytes: Buffer): Promise<Buffer> =>
  COMPRESSION.decompress(codec, bytes, Number.MAX_SAFE_INTEGER);

function recordsOf(values: readonly (string | Partial<RecordToWrite>)[]): RecordToWrite[] {
  return values.map(value => ({
    key: null,
    value: typeof value === 'string' ? Buffer.from(value) : null,
    timestamp: 1_700_000_000_000,
    ...(typeof value === 'string' ? {} : value),
  }));
}
