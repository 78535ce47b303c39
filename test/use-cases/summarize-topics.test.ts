import { beforeEach, describe, expect, test } from 'vitest';
import { DescribePartitions } from '../../src/domain/use-cases/describe-partitions.ts';
import { PartitionCensus } from '../../src/domain/use-cases/runtime/partition-census.ts';
import { SummarizeTopics } from '../../src/domain/use-cases/summarize-topics.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';
import { TIMERS_AT_ONCE } from '../support/timers-at-once.ts';

let core: BrokerCore;
beforeEach(async () => {
  core = await BrokerCore.start();
});

const censusOf = ({ metadata, registry, storage, time }: BrokerCore, clock: Clock = time) => {
  const topics = metadata.state;
  return new PartitionCensus({ topics, registry, storage, clock, timers: TIMERS_AT_ONCE });
};
const summaries = () => new SummarizeTopics(censusOf(core)).execute();
const described = (name: string) =>
  new DescribePartitions(core.metadata.state, core.registry).execute(name);

/** A broker anew, with a log of two records in `orders` and two such in `wide`; gives the bytes of one. */
async function ordersAndWide(): Promise<number> {
  await core.topic('orders');
  await core.topic('wide', {}, 3);
  const records = batch([{}, {}]);
  await core.send(records);
  for (const partition of [0, 1]) await core.send(records, { topic: 'wide', partition });
  core = await core.restart();
  return records.length;
}

async function trimTo(offset: number): Promise<void> {
  await core.deleteRecords.execute([{ topic: 'orders', topicId: null, partition: 0, offset }]);
}

describe('summaries of topics', () => {
  test('count what is there, and what ever was', async () => {
    await core.topic('zebras');
    await core.topic('orders', {}, 2);
    const records = batch([{}, {}, {}]);
    const { length } = records;
    await core.send(records);
    await trimTo(2);
    const zebras = { name: 'zebras', partitions: 1, records: 0, recordsEver: 0, sizeInBytes: 0 };
    expect(await summaries()).toEqual([
      { name: 'orders', internal: false, partitions: 2, ...counts(1, 3, length) },
      { ...zebras, internal: false },
    ]);
  });

  test('come in parts after a start with very many logs, with sizes at once', async () => {
    const length = await ordersAndWide();
    let nowMs = 0;
    const open = core.registry.open.bind(core.registry);
    core.registry.open = (topic, index) => {
      nowMs += 400;
      return open(topic, index);
    };
    const summarize = new SummarizeTopics(censusOf(core, { now: () => nowMs }));
    const [orders, wide] = await summarize.execute();
    expect(orders).toMatchObject(counts(2, 2, length));
    expect(wide).toMatchObject({ partitions: 3, ...counts(null, null, 2 * length) });
    expect((await summarize.execute())[1]).toMatchObject(counts(4, 4, 2 * length));
  });

  test('leave out what cannot be read, which is not tried again at every look', async () => {
    const length = await ordersAndWide();
    let openings = 0;
    core.registry.open = () => {
      openings += 1;
      return Promise.reject(new StorageError('corrupt', 'damaged'));
    };
    const summarize = new SummarizeTopics(censusOf(core));
    for (const look of [1, 2, 3]) {
      const [orders] = await summarize.execute();
      expect(orders, `look ${look}`).toMatchObject(counts(null, null, length));
    }
    expect(openings).toBe(3);
  });

  test('are unknown while the store cannot list its logs', async () => {
    await ordersAndWide();
    core.storage.list = () => Promise.reject(new StorageError('failed', 'it cannot be read'));
    expect((await summaries())[0]).toMatchObject(counts(null, null, 0));
  });
});

describe('the partitions of a topic', () => {
  test('tell how far they reach', async () => {
    await core.topic('orders', {}, 2);
    const records = batch([{}, {}, {}]);
    const { length: sizeInBytes } = records;
    await core.send(records);
    await trimTo(2);
    const { epoch: leaderEpoch } = core.metadata;
    const sound = { error: null, leaderEpoch };
    expect((await described('orders')).partitions).toEqual([
      { partition: 0, startOffset: 2, endOffset: 3, sizeInBytes, ...sound },
      { partition: 1, startOffset: 0, endOffset: 0, sizeInBytes: 0, ...sound },
    ]);
  });

  test('of a topic that is not there are refused', async () => {
    await expect(described('nope')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });
});

function counts(records: number | null, recordsEver: number | null, sizeInBytes: number) {
  return { records, recordsEver, sizeInBytes };
}
