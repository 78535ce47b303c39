import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import { Sha256 } from '../../src/adapters/runtime/sha256.ts';
import type { BatchFields, RecordToWrite } from '../../src/domain/model/log/batch-builder.ts';
import { CODECS } from '../../src/domain/model/log/codec.ts';
import type { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../src/domain/model/log/records.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import {
  LogCleaner,
  type CleanerSettings,
} from '../../src/domain/use-cases/runtime/log-cleaner.ts';
import type { Partition } from '../../src/domain/use-cases/runtime/partition.ts';
import { Retention } from '../../src/domain/use-cases/runtime/retention.ts';
import { StoredPartitions } from '../../src/domain/use-cases/runtime/stored-partitions.ts';
import { batch, type BrokerCore } from './broker-core.ts';

const COMPRESSION = new NodeCompression();
const CHECKSUM = new Crc32c();

/** What a record is to a reader. */
export interface SeenRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  /** Null for a tombstone. */
  readonly value: string | null;
  readonly headers: string;
}

/** Retention and compaction over a BrokerCore, in its time. */
export class UpkeepCore {
  readonly core: BrokerCore;
  readonly cleaner: LogCleaner;
  readonly retention: Retention;
  readonly settings = {
    backoffMs: 15_000,
    dedupeBufferBytes: 1024 * 1024,
    ioBytesPerSecond: Infinity,
  };
  retentionIntervalMs = 300_000;

  constructor(core: BrokerCore) {
    const { registry, logger } = core;
    const partitions = new StoredPartitions(core.metadata.state, registry, core.storage);
    const time = { clock: core.time, timers: core.time };
    const settings: CleanerSettings = {
      backoffMs: () => this.settings.backoffMs,
      dedupeBufferBytes: () => this.settings.dedupeBufferBytes,
      ioBytesPerSecond: () => this.settings.ioBytesPerSecond,
    };
    this.core = core;
    this.cleaner = new LogCleaner({
      ...time,
      partitions,
      hold: registry.hold,
      checksum: CHECKSUM,
      compression: COMPRESSION,
      digest: new Sha256(),
      logger,
      settings,
    });
    this.retention = new Retention({
      ...time,
      partitions,
      logger,
      intervalMs: () => this.retentionIntervalMs,
      isCompacting: partition => this.cleaner.isCleaning(partition),
    });
  }

  /** Sends a batch, ten milliseconds after the one before; gives its base offset. */
  async send(text: string, fields: BatchFields & { topic?: string } = {}): Promise<number> {
    const { core } = this;
    core.time.advance(10);
    const bytes = batch(keyed(text, core.time.now()), fields);
    const { error, baseOffset } = await core.send(bytes, { topic: fields.topic ?? 'orders' });
    if (error !== null) throw new Error(`the batch was refused: ${error}`);
    return baseOffset;
  }

  partition(topic: Topic, index = 0): Promise<Partition> {
    return this.core.registry.open(topic, index);
  }
}

/** A compacted topic where each batch begins a segment, and whatever is dirty is compacted. */
export const COMPACT = {
  'cleanup.policy': 'compact',
  'segment.ms': '1',
  'min.cleanable.dirty.ratio': '0',
};

/** `a=1 b= c` is a with a value, the tombstone of b, and a record without a key. */
export function keyed(text: string, timestamp: number): RecordToWrite[] {
  return text.split(' ').map(word => {
    const [key, value] = word.split('=');
    if (value === undefined) return { key: null, value: Buffer.from(word), timestamp };
    return { key: Buffer.from(key!), value: value === '' ? null : Buffer.from(value), timestamp };
  });
}

/** All committed bytes of a partition. */
export async function bytesOf(partition: Partition): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let offset = partition.logStartOffset; offset < partition.highWatermark;) {
    const bytes = await partition.read(offset, 64 * 1024, size => Buffer.alloc(size));
    if (bytes.length === 0) break;
    parts.push(bytes);
    for (const batch of batchesIn(bytes)) offset = batch.nextOffset;
  }
  return Buffer.concat(parts);
}

/** All committed batches, each of memory of its own. */
export async function batchesOf(partition: Partition): Promise<RecordBatch[]> {
  return [...batchesIn(await bytesOf(partition))].map(batch => batch.copy());
}

/** All committed records from the start on, inflated; a checksum that is wrong throws. */
export async function recordsOf(partition: Partition): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = [];
  for (const batch of await batchesOf(partition)) {
    if (CHECKSUM.crc32c(batch.checked) !== batch.crc) throw new Error('a wrong checksum');
    const codec = CODECS[batch.compression]!;
    const inflated = await COMPRESSION.decompress(codec, batch.records, Number.MAX_SAFE_INTEGER);
    for (const { offset, timestamp, key, value, headers } of recordsIn(batch, inflated)) {
      if (offset < partition.logStartOffset) continue;
      const told = headers.map(header => `${header.key}:${String(header.value)}`).join();
      const texts = { key: key && String(key), value: value && String(value), headers: told };
      seen.push({ offset, timestamp, ...texts });
    }
  }
  return seen;
}

/** Records as `0:a=1 1:b=`, by offset. */
export async function shown(partition: Partition): Promise<string> {
  const records = await recordsOf(partition);
  return records.map(({ offset, key, value }) => `${offset}:${key ?? ''}=${value ?? ''}`).join(' ');
}
