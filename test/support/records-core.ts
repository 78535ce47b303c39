import { NodeCompression } from '../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../src/adapters/runtime/crc32c.ts';
import type { RecordView } from '../../src/domain/model/log/records.ts';
import { CreateTopics } from '../../src/domain/use-cases/create-topics.ts';
import { DescribeTopics } from '../../src/domain/use-cases/describe-topics.ts';
import {
  ProduceRecords,
  type ProducedRecord,
  type RecordToProduce,
} from '../../src/domain/use-cases/produce-records.ts';
import {
  ReadRecords,
  type ReadOutcome,
  type ReadQuery,
} from '../../src/domain/use-cases/read-records.ts';
import { BatchReader } from '../../src/domain/use-cases/runtime/batch-reader.ts';
import { StartPositions } from '../../src/domain/use-cases/runtime/start-positions.ts';
import { TailTopic, type TailItem, type TailQuery } from '../../src/domain/use-cases/tail-topic.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { BrokerCore } from './broker-core.ts';
import { BROKER_ID, countingRandom } from './metadata-fixture.ts';

const CHECKSUM = new Crc32c();

/** The use cases of those who speak in records, over a core in virtual time. */
export class RecordsCore {
  readonly core: BrokerCore;
  readonly describeTopics: DescribeTopics;
  readonly produceRecords: ProduceRecords;
  readonly readRecords: ReadRecords;
  readonly tailTopic: TailTopic;

  static async start(core?: BrokerCore, clock?: Clock): Promise<RecordsCore> {
    return new RecordsCore(core ?? (await BrokerCore.start()), clock);
  }

  /** `clock` paces those who tail. */
  private constructor(core: BrokerCore, clock: Clock = core.time) {
    const { metadata, produce, fetch, listOffsets, time } = core;
    const { state } = metadata;
    const createTopics = new CreateTopics(metadata, countingRandom, BROKER_ID);
    const describeTopics = (this.describeTopics = new DescribeTopics(state, createTopics));
    const reader = new BatchReader(new NodeCompression());
    this.core = core;
    this.produceRecords = new ProduceRecords({
      ...{ describeTopics, produce, checksum: CHECKSUM },
      clock: time,
    });
    this.readRecords = new ReadRecords(fetch, reader);
    this.tailTopic = new TailTopic({
      ...{ topics: state, fetch, reader, clock, timers: time },
      starts: new StartPositions(listOffsets),
    });
  }

  /** To `orders`, a record for each. */
  produce(...records: (string | Partial<RecordToProduce>)[]): Promise<ProducedRecord[]> {
    return this.produceRecords.execute({ topic: 'orders', records: records.map(recordOf) });
  }

  /** Partition 0 of `orders` from its beginning, without waiting, unless told otherwise. */
  read(given: Partial<ReadQuery> = {}): Promise<ReadOutcome> {
    return this.readRecords.execute({
      ...{ topic: 'orders', partition: 0, offset: 0, maxRecords: 100, maxBytes: 1024 * 1024 },
      ...{ waitMs: 0, signal: new AbortController().signal },
      ...given,
    });
  }

  /** All of `orders` from its beginning, unless told otherwise. */
  tail(given: Partial<TailQuery> = {}): AsyncGenerator<TailItem, void, undefined> {
    return this.tailTopic.execute({
      ...{ topic: 'orders', partitions: null, from: 'start', filter: null },
      signal: new AbortController().signal,
      ...given,
    });
  }
}

export function recordOf(record: string | Partial<RecordToProduce>): RecordToProduce {
  const given = typeof record === 'string' ? { value: Buffer.from(record) } : record;
  return { partition: null, key: null, value: null, ...given };
}

export const texts = (records: readonly RecordView[]): string[] =>
  records.map(({ value }) => String(value));

/** An item in a word: `0:a` is a record of partition 0. */
export function brief(item: TailItem): string {
  if (item.kind === 'record') return `${item.partition}:${String(item.record.value)}`;
  const positions = [...item.positions].sort(([a], [b]) => a - b).map(([, next]) => next);
  return `${item.kind} ${positions.join(',')}`;
}

/** What follows, until all there is has been read. */
export async function untilLive(
  tail: AsyncGenerator<TailItem, void, undefined>,
): Promise<string[]> {
  const items: string[] = [];
  for (;;) {
    const { value, done } = await tail.next();
    if (done === true) throw new Error('the tail has ended');
    items.push(brief(value));
    if (value.kind === 'live') return items;
  }
}
