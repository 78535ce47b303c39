import { expect, test } from 'vitest';
import { PartitionCensus } from '../../src/domain/use-cases/runtime/partition-census.ts';
import { StorageError } from '../../src/ports/log-storage.ts';
import { batch, BrokerCore } from '../support/broker-core.ts';

function censusOf(core: BrokerCore): PartitionCensus {
  const { metadata, registry, storage, time } = core;
  return new PartitionCensus({
    ...{ topics: metadata.state, registry, storage },
    ...{ clock: time, timers: time },
  });
}

async function restarted(partitions: number) {
  const before = await BrokerCore.start();
  await before.topic('orders', {}, partitions + 1);
  for (let partition = 0; partition < partitions; partition++) {
    await before.send(batch(['a', 'b']), { partition });
  }
  const core = await before.restart();
  return { core, topic: core.metadata.state.topicNamed('orders')! };
}

test('a partition in use is told as it is', async () => {
  const core = await BrokerCore.start();
  const topic = await core.topic('orders');
  const bytes = batch(['a', 'b', 'c']);
  await core.send(bytes);
  expect(censusOf(core).find(topic, 0)).toEqual({
    ...{ logStartOffset: 0, highWatermark: 3, sizeInBytes: bytes.length, isOffline: false },
  });
});

test('what was not opened since the start is unknown until it is opened; what holds nothing is empty', async () => {
  const { core, topic } = await restarted(2);
  const census = censusOf(core);
  expect(census.find(topic, 0)).toBeNull();
  await census.openUnopened(1000);
  expect(census.find(topic, 0)?.highWatermark).toBe(2);
  expect(census.find(topic, 1)?.highWatermark).toBe(2);
  expect(census.find(topic, 2)?.highWatermark).toBe(0);
  // One that holds nothing is not opened for that: it would be made.
  expect(core.registry.opened(topic, 2)).toBeUndefined();
});

test('one whose records were all deleted keeps its offsets', async () => {
  const before = await BrokerCore.start();
  const topic = await before.topic('orders');
  await before.send(batch(['a', 'b']));
  await before.registry.opened(topic, 0)!.trimBefore(2);
  const core = await before.restart();
  const census = censusOf(core);
  await census.openUnopened(1000);
  const found = census.find(core.metadata.state.topicNamed('orders')!, 0);
  expect(found).toMatchObject({ logStartOffset: 2, highWatermark: 2, sizeInBytes: 0 });
});

test('opening stops when its time is over, and goes on the next time', async () => {
  const { core, topic } = await restarted(3);
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const open = core.registry.open.bind(core.registry);
  core.registry.open = (of, index) => {
    nowMs += 1;
    return open(of, index);
  };
  const { metadata, registry, storage, time } = core;
  const topics = metadata.state;
  const census = new PartitionCensus({ topics, registry, storage, clock, timers: time });
  const known = (): number => [0, 1, 2].filter(index => census.find(topic, index)).length;
  await census.openUnopened(2);
  expect(known()).toBe(2);
  await census.openUnopened(2);
  expect(known()).toBe(3);
});

test('one that cannot be opened stays unknown', async () => {
  const { core, topic } = await restarted(1);
  core.registry.open = () => Promise.reject(new StorageError('corrupt', 'damaged'));
  const census = censusOf(core);
  await census.openUnopened(1000);
  expect(census.find(topic, 0)).toBeNull();
  expect(census.find(topic, 1)).not.toBeNull();
});

test('topics that were deleted since are passed over', async () => {
  const { core, topic } = await restarted(1);
  const opened: number[] = [];
  const open = core.registry.open.bind(core.registry);
  core.registry.open = (of, index) => {
    opened.push(index);
    return open(of, index);
  };
  const { state } = core.metadata;
  const topics = {
    topics: () => state.topics(),
    topicNamed: (name: string) => state.topicNamed(name),
    topicWithId: (id: string) => (id === topic.id ? undefined : state.topicWithId(id)),
  };
  const { registry, storage, time } = core;
  const parts = { topics, registry, storage, clock: time, timers: time };
  await new PartitionCensus(parts).openUnopened(1000);
  expect(opened).toEqual([]);
});

test('a store that cannot list leaves all unknown, and is asked again', async () => {
  const { core, topic } = await restarted(1);
  const census = censusOf(core);
  const list = core.storage.list.bind(core.storage);
  core.storage.list = () =>
    Promise.reject(new StorageError('failed', 'the directory cannot be read'));
  await census.openUnopened(1000);
  expect(census.find(topic, 0)).toBeNull();
  core.storage.list = list;
  await census.openUnopened(1000);
  expect(census.find(topic, 0)?.highWatermark).toBe(2);
});

test('a store is listed once for those who ask at once', async () => {
  const { core } = await restarted(1);
  const census = censusOf(core);
  const list = core.storage.list.bind(core.storage);
  let listed = 0;
  core.storage.list = () => {
    listed += 1;
    return list();
  };
  await Promise.all([census.openUnopened(1000), census.openUnopened(1000)]);
  expect(listed).toBe(1);
});
