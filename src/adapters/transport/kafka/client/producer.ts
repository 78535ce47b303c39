import {
  encodeRecords,
  frameBatch,
  type RecordToWrite,
} from '../../../../domain/model/log/batch-builder.ts';
import type { Codec } from '../../../../domain/model/log/codec.ts';
import { partitionForKey } from '../../../../domain/model/topic/partitioner.ts';
import type { Checksum } from '../../../../ports/checksum.ts';
import type { Compression } from '../../../../ports/compression.ts';
import type { Random } from '../../../../ports/random.ts';
import { Produce } from '../messages/produce.ts';
import { expectSuccess } from './client-error.ts';
import { byLeader, whilePassing, type KafkaCluster, type TopicInfo } from './kafka-cluster.ts';

export interface ProducerOptions {
  readonly cluster: KafkaCluster;
  readonly topic: string;
  /** -1 for all. With 0 nobody answers, and nobody says what went wrong. */
  readonly acks: -1 | 0 | 1;
  readonly codec: Codec;
  /** Where every record goes; null to choose by key. */
  readonly partition: number | null;
  readonly compression: Compression;
  readonly checksum: Checksum;
  readonly random: Random;
}

const TIMEOUT_MS = 20_000;
/** Well below the 1 MiB that brokers take by default; one record that is larger still travels alone. */
const BATCH_BYTES = 256 * 1024;
/** No record has more bytes of lengths and deltas than this. */
const RECORD_OVERHEAD_BYTES = 24;

type Batches = Map<number, RecordToWrite[]>;

/** Writes records to one topic, in the order in which they are given. */
export class Producer {
  readonly #options: ProducerOptions;
  #topic: TopicInfo | null = null;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the broker has acknowledged all of these records as `acks` says; `acknowledged` is told how many after each
   * round. One round at a time keeps the order, and is what holds a faster source back.
   */
  async send(
    records: readonly RecordToWrite[],
    acknowledged: (count: number) => void,
  ): Promise<void> {
    for (const parcel of parcels(records)) {
      this.#topic ??= await this.#options.cluster.topic(this.#options.topic, true);
      const open = this.#partition(parcel, this.#topic);
      await whilePassing(() => this.#sendOpen(open, acknowledged));
    }
  }

  /** By key where there is one, and the others to one partition by chance, so that they share a batch (KIP-480). */
  #partition(records: readonly RecordToWrite[], topic: TopicInfo): Batches {
    const { partition, random } = this.#options;
    const count = topic.partitions.length;
    const sticky = partition ?? random.integer(count);
    const batches: Batches = new Map();
    for (const record of records) {
      const at = partition ?? (record.key === null ? sticky : partitionForKey(record.key, count));
      const batch = batches.get(at);
      if (batch === undefined) batches.set(at, [record]);
      else batch.push(record);
    }
    return batches;
  }

  /** Sends what is open and closes what was acknowledged, so that only the rest is sent again. */
  async #sendOpen(open: Batches, acknowledged: (count: number) => void): Promise<void> {
    this.#topic ??= await this.#options.cluster.topic(this.#options.topic, true);
    const topic = this.#topic;
    const answers = Array.from(byLeader(topic, [...open.keys()]), async ([leader, led]) => {
      const partitions = led.map(({ partition }) => partition);
      await this.#sendTo(leader, { topic, partitions, open, acknowledged });
    });
    const failed = (await Promise.allSettled(answers)).find(({ status }) => status === 'rejected');
    if (failed === undefined) return;
    this.#topic = null;
    throw (failed as PromiseRejectedResult).reason;
  }

  async #sendTo(
    leader: number,
    round: {
      topic: TopicInfo;
      partitions: number[];
      open: Batches;
      acknowledged: (count: number) => void;
    },
  ): Promise<void> {
    const { topic, partitions, open, acknowledged } = round;
    const node = await this.#options.cluster.node(leader);
    const close = (partition: number): void => {
      acknowledged(open.get(partition)!.length);
      open.delete(partition);
    };
    const body = await this.#body(topic, partitions, open);
    if (this.#options.acks === 0) {
      await node.send(Produce, body);
      return partitions.forEach(close);
    }
    const { responses } = await node.request(Produce, body);
    const answers = responses[0]?.partitionResponses ?? [];
    for (const { index, errorCode } of answers) if (errorCode === 0) close(index);
    for (const { index, errorCode, errorMessage } of answers) {
      expectSuccess(errorCode, `produce to partition ${index} of ${topic.name}`, errorMessage);
    }
  }

  async #body({ name, topicId }: TopicInfo, partitions: readonly number[], open: Batches) {
    const building = partitions.map(async index => {
      return { index, records: await this.#batch(open.get(index)!) };
    });
    const partitionData = await Promise.all(building);
    const topicData = [{ name, topicId, partitionData }];
    return { acks: this.#options.acks, timeoutMs: TIMEOUT_MS, topicData };
  }

  async #batch(records: readonly RecordToWrite[]): Promise<Buffer> {
    const { codec, compression, checksum } = this.#options;
    const bytes = await compression.compress(codec, encodeRecords(records));
    return frameBatch(records, { codec, bytes }, {}, part => checksum.crc32c(part)).bytes;
  }
}

/** Cuts records into runs that fit a batch even if all go to one partition. */
function* parcels(records: readonly RecordToWrite[]): Generator<RecordToWrite[]> {
  let parcel: RecordToWrite[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = bytesOf(record);
    if (parcel.length > 0 && bytes + size > BATCH_BYTES) {
      yield parcel;
      [parcel, bytes] = [[], 0];
    }
    parcel.push(record);
    bytes += size;
  }
  if (parcel.length > 0) yield parcel;
}

function bytesOf({ key, value, headers = [] }: RecordToWrite): number {
  const ofHeaders = headers.reduce((sum, header) => {
    return sum + 10 + Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  }, 0);
  return RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders;
}
