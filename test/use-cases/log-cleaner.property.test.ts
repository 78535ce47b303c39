import { expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import type { RecordToWrite } from '../../src/domain/model/log/batch-builder.ts';
import { CODECS, type Codec } from '../../src/domain/model/log/codec.ts';
import type { RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import type { Topic } from '../../src/domain/model/topic/topic.ts';
import type { Partition } from '../../src/domain/use-cases/runtime/partition.ts';
import { batch, BrokerCore, compressedBatch } from '../support/broker-core.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';
import {
  batchesOf,
  bytesOf,
  recordsOf,
  UpkeepCore,
  type SeenRecord,
} from '../support/upkeep-core.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const RUNS = 12;
const STEPS = 60;
const KEYS = 7;
const PRODUCERS = 3;
const DELETE_RETENTION_MS = 1000;
const WRITABLE = CODECS.filter((codec): codec is Exclude<Codec, 'zstd'> => codec !== 'zstd');

/** A compacted partition under random use, and all that was ever written to it. */
class CompactedWorld {
  readonly #random: SeededRandom;
  readonly #time = new VirtualTime();
  readonly #disk = new MemoryLogStorage({ clock: this.#time });
  readonly #written = new Map<number, SeenRecord>();
  readonly #ranges = new Map<number, number>();
  readonly #sequences = new Array<number>(PRODUCERS).fill(0);
  /** When a tombstone first lay where compaction could see it, by offset. */
  readonly #seenSince = new Map<number, number>();
  #core!: BrokerCore;
  #upkeep!: UpkeepCore;
  #topic!: Topic;
  compactions = 0;
  dropped = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async start(): Promise<void> {
    this.#core = await BrokerCore.start(this.#disk, this.#time);
    this.#topic = await this.#core.topic('orders', {
      'cleanup.policy': 'compact',
      'segment.ms': '20',
      'min.cleanable.dirty.ratio': '0',
      'delete.retention.ms': String(DELETE_RETENTION_MS),
    });
    this.#look();
  }

  async step(): Promise<void> {
    const kind = this.#random.integer(10);
    if (kind < 6) await this.#send();
    else if (kind < 8) await this.#compact();
    else if (kind < 9) this.#time.advance(this.#random.integer(DELETE_RETENTION_MS));
    else await this.#restart(this.#random.integer(2) === 0);
  }

  async end(): Promise<void> {
    await this.#compact();
    await this.#compactAllAgain();
    await this.#checkProducers();
  }

  #look(): void {
    this.#topic = this.#core.metadata.state.topicNamed('orders')!;
    this.#upkeep = new UpkeepCore(this.#core);
    if (this.#random.integer(2) === 0) this.#upkeep.settings.dedupeBufferBytes = 24 * 5;
  }

  #partition(): Promise<Partition> {
    return this.#upkeep.partition(this.#topic);
  }

  async #send(): Promise<void> {
    this.#time.advance(this.#random.integer(15));
    const records = Array.from({ length: 1 + this.#random.integer(4) }, () => this.#record());
    const id = this.#random.integer(PRODUCERS + 1);
    const isIdempotent = id < PRODUCERS;
    const producer = { id, epoch: 0, baseSequence: this.#sequences[id]! };
    const fields = isIdempotent ? { producer } : {};
    const codec = this.#random.pick(WRITABLE);
    const bytes =
      codec === 'none' ? batch(records, fields) : await compressedBatch(codec, records, fields);
    const { error, baseOffset } = await this.#core.send(bytes);
    expect(error).toBeNull();
    if (isIdempotent) this.#sequences[id]! += records.length;
    this.#ranges.set(baseOffset, baseOffset + records.length - 1);
    records.forEach((record, at) => this.#note(baseOffset + at, record));
  }

  #record(): RecordToWrite {
    const value = this.#random.integer(4) === 0 ? null : `v${this.#random.integer(1e6)}`;
    return {
      key: Buffer.from(`k${this.#random.integer(KEYS)}`),
      value: value === null ? null : Buffer.from(value),
      timestamp: this.#time.now() - this.#random.integer(5),
      headers: [{ key: 'h', value: Buffer.from(String(this.#random.integer(100))) }],
    };
  }

  #note(offset: number, { key, value, timestamp, headers }: RecordToWrite): void {
    this.#written.set(offset, {
      offset,
      timestamp: timestamp!,
      key: String(key),
      value: value && String(value),
      headers: `h:${String(headers![0]!.value)}`,
    });
  }

  async #compact(): Promise<void> {
    const partition = await this.#partition();
    const to = partition.upkeep.activeOffset;
    const above = (await batchesOf(partition)).filter(({ baseOffset }) => baseOffset >= to);
    const cleaned = await this.#upkeep.cleaner.cleanDirtiest();
    if (!cleaned) return;
    this.compactions += 1;
    const after = await batchesOf(partition);
    expect(after.filter(({ baseOffset }) => baseOffset >= to)).toEqual(above);
    this.#checkBatches(after);
    this.#checkRecords(await recordsOf(partition), to);
  }

  /** Batches stay where they were, and do not overlap. */
  #checkBatches(batches: readonly RecordBatch[]): void {
    let next = 0;
    for (const { baseOffset, lastOffset, nextOffset } of batches) {
      expect(baseOffset).toBeGreaterThanOrEqual(next);
      expect(lastOffset).toBe(this.#ranges.get(baseOffset));
      next = nextOffset;
    }
  }

  #checkRecords(records: readonly SeenRecord[], to: number): void {
    for (const record of records) expect(record).toEqual(this.#written.get(record.offset));
    const left = new Map(records.map(record => [record.offset, record]));
    this.dropped = this.#written.size - left.size;
    const lastBelow = new Map<string | null, SeenRecord>();
    for (const record of this.#written.values()) {
      if (record.offset < to) lastBelow.set(record.key, record);
      else expect(left.has(record.offset), 'the newest segment is whole').toBe(true);
    }
    for (const record of lastBelow.values()) {
      if (record.value !== null) expect(left.get(record.offset)).toEqual(record);
      else this.#checkTombstone(record.offset, left.has(record.offset));
    }
    const below = records.filter(({ offset }) => offset < to);
    expect(new Set(below.map(({ key }) => key)).size, 'one of each key').toBe(below.length);
  }

  /** It goes when it has aged since it was first compacted, and not before. */
  #checkTombstone(offset: number, isLeft: boolean): void {
    const since = this.#seenSince.get(offset) ?? this.#time.now();
    this.#seenSince.set(offset, since);
    expect(isLeft).toBe(this.#time.now() < since + DELETE_RETENTION_MS);
  }

  async #restart(forgets: boolean): Promise<void> {
    if (forgets) await this.#forgetCheckpoint();
    this.#core = await this.#core.restart();
    this.#look();
  }

  async #forgetCheckpoint(): Promise<void> {
    const { id: topicId, name: topic } = this.#topic;
    const key = { topicId, topic, partition: 0 };
    const log = await this.#core.storage.open(key, this.#core.registry.epoch, this.#topic);
    await log.saveCheckpoint(Buffer.alloc(0));
  }

  /** With nothing known of what is clean, all is compacted, and what was just compacted does not change by that. */
  async #compactAllAgain(): Promise<void> {
    await this.#compactAll();
    const before = await bytesOf(await this.#partition());
    await this.#compactAll();
    expect(await bytesOf(await this.#partition())).toEqual(before);
  }

  async #compactAll(): Promise<void> {
    await this.#restart(true);
    await this.#upkeep.cleaner.cleanDirtiest();
  }

  /** After a restart that knew nothing but the log. */
  async #checkProducers(): Promise<void> {
    for (let id = 0; id < PRODUCERS; id++) {
      const next = this.#sequences[id]!;
      const records = [this.#record()];
      const sendAt = (baseSequence: number) =>
        this.#core.send(batch(records, { producer: { id, epoch: 0, baseSequence } }));
      if (next > 0) expect((await sendAt(next + 1)).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect((await sendAt(next)).error).toBeNull();
    }
  }
}

test('compaction loses no last value, moves no offset, and forgets no producer', async () => {
  const seed = seedOfRun();
  let compactions = 0;
  let dropped = 0;
  for (let run = 0; run < RUNS; run++) {
    const world = new CompactedWorld(new SeededRandom(seed + run));
    try {
      await world.start();
      for (let step = 0; step < STEPS; step++) await world.step();
      await world.end();
    } catch (cause) {
      throw new Error(`seed ${seed + run}: ${String(cause)}`, { cause });
    }
    compactions += world.compactions;
    dropped += world.dropped;
  }
  expect(compactions).toBeGreaterThan(RUNS);
  expect(dropped).toBeGreaterThan(RUNS * 10);
});
