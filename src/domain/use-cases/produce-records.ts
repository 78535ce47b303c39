import { BrokerError, type ErrorName } from '../model/error.ts';
import { buildBatch, type RecordToWrite } from '../model/log/batch-builder.ts';
import { partitionForKey } from '../model/topic/partitioner.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { Checksum } from '../../ports/checksum.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DescribeTopics } from './describe-topics.ts';
import type { Produce, ProduceOutcome } from './produce.ts';

/** A record, and where it goes: null to choose by its key, or at will when it has none. */
export interface RecordToProduce extends RecordToWrite {
  readonly partition: number | null;
}

export interface ProduceRecordsCommand {
  readonly topic: string;
  readonly records: readonly RecordToProduce[];
  /** How long to wait for the disk at most; 30 s unless told. */
  readonly timeoutMs?: number;
}

/** Where a record went, or why it went nowhere. */
export type ProducedRecord =
  | {
      readonly error: null;
      readonly partition: number;
      readonly offset: number;
      /** Milliseconds since the Unix epoch, as the topic keeps it. */
      readonly timestamp: number;
    }
  | { readonly error: ErrorName; readonly message: string; readonly partition: number };

interface TimedRecord extends RecordToWrite {
  readonly timestamp: number;
}

/** Records that travel as one batch, with their places in the command. */
interface Parcel {
  readonly partition: number;
  readonly records: TimedRecord[];
  readonly places: number[];
  bytes: number;
}

const TIMEOUT_MS = 30_000;
/** What a batch has beside its records, and what no record has more of beside its fields: lengths, deltas, counts. */
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 32;
const HEADER_OVERHEAD_BYTES = 10;

/**
 * Writes single records for those who do not speak in batches, as a producer with acks -1 does: what has a key goes where Kafka's
 * clients put that key, the rest of a request to one partition, another one each time (KIP-480). The records for a partition become one
 * batch, or several where one would be larger than the topic allows.
 */
export class ProduceRecords {
  readonly #describeTopics: DescribeTopics;
  readonly #produce: Produce;
  readonly #checksum: Checksum;
  readonly #clock: Clock;
  readonly #turns = new WeakMap<Topic, number>();

  constructor(options: {
    describeTopics: DescribeTopics;
    produce: Produce;
    checksum: Checksum;
    clock: Clock;
  }) {
    this.#describeTopics = options.describeTopics;
    this.#produce = options.produce;
    this.#checksum = options.checksum;
    this.#clock = options.clock;
  }

  /** The outcomes, in the order of the records. Rejects with a BrokerError when there is no such topic and none may be made. */
  async execute({
    topic: name,
    records,
    timeoutMs = TIMEOUT_MS,
  }: ProduceRecordsCommand): Promise<ProducedRecord[]> {
    const topic = await this.#topicNamed(name);
    const parcels = this.#parcels(topic, records);
    const outcomes = await this.#produce.execute({
      acks: -1,
      timeoutMs,
      transactionalId: null,
      zstdAllowed: true,
      partitions: parcels.map(({ partition, records: parcel }) => {
        const { bytes } = buildBatch(parcel, {}, part => this.#checksum.crc32c(part));
        return { topic: name, topicId: null, partition, records: bytes };
      }),
    });
    const produced = new Array<ProducedRecord>(records.length);
    parcels.forEach((parcel, at) => place(parcel, outcomes[at]!, produced));
    return produced;
  }

  async #topicNamed(name: string): Promise<Topic> {
    const topics = [{ name, topicId: null }];
    const [described] = await this.#describeTopics.execute({ topics, allowAutoCreation: true });
    const { topic, error } = described!;
    if (topic !== null) return topic;
    throw new BrokerError(error ?? 'UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`);
  }

  #parcels(topic: Topic, records: readonly RecordToProduce[]): Parcel[] {
    const maxBytes = Math.min(topic.maxMessageBytes, topic.segmentBytes);
    const nowMs = this.#clock.now();
    const parcels: Parcel[] = [];
    const open = new Map<number, Parcel>();
    let keyless: number | null = null;
    records.forEach((record, at) => {
      const { key, partition: wanted } = record;
      if (wanted === null && key === null) keyless ??= this.#nextPartition(topic);
      const chosen = key === null ? keyless! : partitionForKey(key, topic.partitionCount);
      const partition = wanted ?? chosen;
      const bytes = bytesOf(record);
      let parcel = open.get(partition);
      if (parcel === undefined || parcel.bytes + bytes > maxBytes) {
        parcel = { partition, records: [], places: [], bytes: BATCH_OVERHEAD_BYTES };
        open.set(partition, parcel);
        parcels.push(parcel);
      }
      parcel.records.push({ ...record, timestamp: record.timestamp ?? nowMs });
      parcel.places.push(at);
      parcel.bytes += bytes;
    });
    return parcels;
  }

  /** Each topic has a turn of its own, or requests that alternate between two would meet the same partitions for ever. */
  #nextPartition(topic: Topic): number {
    const turn = this.#turns.get(topic) ?? 0;
    this.#turns.set(topic, turn + 1);
    return turn % topic.partitionCount;
  }
}

function bytesOf({ key, value, headers = [] }: RecordToWrite): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) {
    bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  }
  return bytes;
}

function place(parcel: Parcel, outcome: ProduceOutcome, produced: ProducedRecord[]): void {
  const { partition, records, places } = parcel;
  const { error, baseOffset, logAppendTimeMs } = outcome;
  const defects = new Map(
    outcome.recordErrors.map(({ batchIndex, message }) => [batchIndex, message]),
  );
  places.forEach((at, index) => {
    if (error !== null) {
      const message = defects.get(index) ?? outcome.message ?? error;
      produced[at] = { error, message, partition };
      return;
    }
    const timestamp = logAppendTimeMs < 0 ? records[index]!.timestamp : logAppendTimeMs;
    produced[at] = { error: null, partition, offset: baseOffset + index, timestamp };
  });
}
