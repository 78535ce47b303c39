import { CODECS } from '../../../../domain/model/log/codec.ts';
import { batchesIn, type RecordBatch } from '../../../../domain/model/log/record-batch.ts';
import { recordsIn, type RecordView } from '../../../../domain/model/log/records.ts';
import type { Checksum } from '../../../../ports/checksum.ts';
import type { Compression } from '../../../../ports/compression.ts';
import { Fetch, type FetchResponse } from '../messages/fetch.ts';
import type { Reads } from '../wire/schema.ts';
import { ClientError, expectSuccess } from './client-error.ts';
import { byLeader, whilePassing, type KafkaCluster, type TopicInfo } from './kafka-cluster.ts';
import type { Offsets } from './offsets.ts';

export interface ConsumedRecord extends RecordView {
  readonly partition: number;
}

export interface ConsumerOptions {
  readonly cluster: KafkaCluster;
  readonly topic: TopicInfo;
  /** The next offset to read of each partition. */
  readonly from: Offsets;
  /** Where to stop reading each partition, at once where it is not told; null to follow for ever. */
  readonly until: Offsets | null;
  readonly compression: Compression;
  readonly checksum: Checksum;
}

type PartitionAnswer = Reads<typeof FetchResponse>['responses'][number]['partitions'][number];

const MAX_WAIT_MS = 500;
const FETCH_BYTES = 16 * 1024 * 1024;
const PARTITION_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(0);
/** What one batch may inflate to. */
const INFLATED_BYTES_MAX = 256 * 1024 * 1024;

interface Fetched {
  readonly leader: number;
  readonly records: ConsumedRecord[];
}

/** Reads partitions of one topic from given offsets on, without a group; in order within each partition. */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #positions: Offsets;
  readonly #underway = new Map<number, Promise<Fetched>>();
  #topic: TopicInfo;
  #stopped = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#positions = new Map(options.from);
    this.#topic = options.topic;
  }

  /** Lets `fetches` end once the fetches under way are answered; what they bring is dropped. */
  stop(): void {
    this.#stopped = true;
  }

  /** What each fetch brought, as it comes; ends when every partition is read as far as `until`. Throws ClientError. */
  async *fetches(): AsyncGenerator<readonly ConsumedRecord[]> {
    while (!this.#stopped) {
      const open = this.#openPartitions();
      if (open.length > 0) this.#fetchFromIdle(open);
      if (this.#underway.size === 0) return;
      const { leader, records } = await Promise.race(this.#underway.values());
      this.#underway.delete(leader);
      if (records.length > 0 && !this.#stopped) yield records;
    }
  }

  #openPartitions(): number[] {
    const { until } = this.#options;
    const open = Array.from(this.#positions.entries());
    const endOf = (at: number): number => (until === null ? Infinity : (until.get(at) ?? 0));
    return open.filter(([at, next]) => next < endOf(at)).map(([at]) => at);
  }

  #fetchFromIdle(open: readonly number[]): void {
    for (const [leader, led] of byLeader(this.#topic, open)) {
      if (this.#underway.has(leader)) continue;
      const partitions = led.map(({ partition }) => partition);
      const fetching = this.#fetch(leader, partitions);
      // Whoever stops reading while a fetch is under way no longer cares for how it ends.
      fetching.catch(() => {});
      this.#underway.set(leader, fetching);
    }
  }

  async #fetch(leader: number, partitions: readonly number[]): Promise<Fetched> {
    const node = await this.#options.cluster.node(leader);
    const { name, topicId } = this.#topic;
    const { errorCode, responses } = await node.request(Fetch, {
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic: name, topicId, partitions: partitions.map(one => this.#wanted(one)) }],
    });
    expectSuccess(errorCode, `fetch from ${name}`);
    const records: ConsumedRecord[] = [];
    for (const answer of responses[0]?.partitions ?? []) {
      if (await this.#isMoved(answer)) continue;
      for (const record of await this.#read(answer)) records.push(record);
    }
    return { leader, records };
  }

  #wanted(partition: number) {
    const fetchOffset = this.#positions.get(partition)!;
    return { partition, fetchOffset, partitionMaxBytes: PARTITION_BYTES };
  }

  /** Whether the partition must be looked for elsewhere; throws for any other error. */
  async #isMoved({ partitionIndex, errorCode }: PartitionAnswer): Promise<boolean> {
    const { name } = this.#topic;
    try {
      expectSuccess(errorCode, `fetch from partition ${partitionIndex} of ${name}`);
      return false;
    } catch (error) {
      if ((error as ClientError).errorName !== 'NOT_LEADER_OR_FOLLOWER') throw error;
    }
    this.#topic = await whilePassing(async () => {
      const topic = await this.#options.cluster.topic(name);
      byLeader(topic, [partitionIndex]);
      return topic;
    });
    return true;
  }

  async #read({ partitionIndex, records }: PartitionAnswer): Promise<ConsumedRecord[]> {
    const from = this.#positions.get(partitionIndex)!;
    const read: ConsumedRecord[] = [];
    for (const batch of batchesIn(records ?? NOTHING)) {
      const inflated = await this.#inflate(batch, partitionIndex);
      this.#positions.set(partitionIndex, batch.nextOffset);
      if (batch.isControl) continue;
      for (const record of recordsIn(batch, inflated)) {
        if (record.offset >= from) read.push({ ...record, partition: partitionIndex });
      }
    }
    if (records && records.length > 0 && this.#positions.get(partitionIndex) === from) {
      throw this.#damaged(partitionIndex, from, 'no whole batch was sent');
    }
    return read;
  }

  /** The record bytes of a compressed batch; undefined for one that is not. */
  async #inflate(batch: RecordBatch, partition: number): Promise<Buffer | undefined> {
    const { checksum, compression } = this.#options;
    const { baseOffset } = batch;
    if (checksum.crc32c(batch.checked) !== batch.crc) {
      throw this.#damaged(partition, baseOffset, 'its checksum is wrong');
    }
    const codec = CODECS[batch.compression];
    if (codec === undefined) throw this.#damaged(partition, baseOffset, 'its codec is unknown');
    if (codec === 'none') return undefined;
    return compression.decompress(codec, batch.records, INFLATED_BYTES_MAX);
  }

  #damaged(partition: number, offset: number, why: string): ClientError {
    const what = `the batch at offset ${offset} of partition ${partition} of ${this.#topic.name}`;
    return new ClientError('protocol', `${what} cannot be read: ${why}`);
  }
}
