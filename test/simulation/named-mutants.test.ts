import { beforeEach, describe, expect, test } from 'vitest';
import type { PartitionKey } from '../../src/ports/log-storage.ts';
import { batchOf } from '../support/batches.ts';
import { batch, fetchCommand, valuesIn, wants } from '../support/broker-core.ts';
import { SegmentFilesHarness } from '../support/segment-files-harness.ts';
import { SimulatedBroker } from '../support/simulated-broker.ts';
import { VirtualTime, isAnswered } from '../support/virtual-time.ts';

/** What a random run may miss has a test of its own here, named after the mutant that it kills. */
let harness: SegmentFilesHarness;
let broker: SimulatedBroker;

function start(storage?: SimulatedBroker['storage']): Promise<SimulatedBroker> {
  const disk = storage === undefined ? {} : { storage };
  const flushPolicy = 'acks-all';
  const segmentBytes = 100_000;
  return SimulatedBroker.start({
    harness,
    time: new VirtualTime(),
    flushPolicy,
    segmentBytes,
    ...disk,
  });
}

async function produce(
  to: SimulatedBroker,
  value: string,
  given: { partition?: number; acks?: number; sequence?: number } = {},
): Promise<{ error: string | null; baseOffset: number }> {
  const { partition = 0, acks = -1, sequence } = given;
  const producer = { id: 7, epoch: 0, baseSequence: sequence ?? 0 };
  const records = batch([value], sequence === undefined ? {} : { producer });
  const [outcome] = await to.use.produce.execute({
    ...{ acks, timeoutMs: 30_000, transactionalId: null, zstdAllowed: true },
    partitions: [{ topic: 'orders', topicId: null, partition, records }],
  });
  return { error: outcome!.error, baseOffset: outcome!.baseOffset };
}

async function values(of: SimulatedBroker, partition = 0): Promise<string[] | string> {
  const { answers } = await of.use.fetch.execute(fetchCommand([wants({ partition })]));
  return answers[0]!.error ?? valuesIn(answers[0]!.records);
}

function keyOf(partition: number): PartitionKey {
  return { topic: 'orders', topicId: broker.metadata.state.topicNamed('orders')!.id, partition };
}

function logPath(partition: number): string {
  const { topicId } = keyOf(partition);
  return `/data/orders-${partition}.${topicId}/00000000000000000000.log`;
}

beforeEach(async () => {
  harness = new SegmentFilesHarness();
  broker = await start();
  const topic = {
    name: 'orders',
    partitions: 2,
    replicationFactor: -1,
    assignments: [],
    configs: [],
  };
  await broker.use.createTopics.execute({ topics: [topic], validateOnly: false });
});

describe('no epoch compare', () => {
  test('a broker that another has followed acknowledges nothing, and writes nothing', async () => {
    await produce(broker, 'before');
    const next = await start(broker.storage);
    expect(await produce(next, 'after')).toEqual({ error: null, baseOffset: 1 });
    expect(await produce(broker, 'late')).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER' });
    expect(await values(broker)).toBe('NOT_LEADER_OR_FOLLOWER');
    expect(await values(next)).toEqual(['before', 'after']);
  });

  test('nor does it by opening a log that it never had open', async () => {
    const next = await start(broker.storage);
    expect(await produce(next, 'after', { partition: 1 })).toMatchObject({ error: null });
    const late = await produce(broker, 'late', { partition: 1 });
    expect(late).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER' });
    expect(await produce(next, 'on', { partition: 1 })).toEqual({ error: null, baseOffset: 1 });
    expect(await values(next, 1)).toEqual(['after', 'on']);
  });

  test('the fence is on disk: it holds when power is lost', async () => {
    const next = await start(broker.storage);
    await produce(next, 'after');
    harness.fileSystem.crash('lose-all');
    const storage = await harness.open();
    const { epoch } = broker.metadata;
    const settings = { segmentBytes: 1000, segmentMs: 1000, indexIntervalBytes: 100 };
    const opened = storage.open(keyOf(0), epoch, settings);
    await expect(opened).rejects.toMatchObject({ code: 'fenced' });
  });

  test('metadata of a broker that another has followed does not change', async () => {
    await start(broker.storage);
    const topic = {
      name: 'late',
      partitions: 1,
      replicationFactor: -1,
      assignments: [],
      configs: [],
    };
    const creating = broker.use.createTopics.execute({ topics: [topic], validateOnly: false });
    await expect(creating).rejects.toMatchObject({ name: 'BrokerError' });
  });
});

describe('no expected-offset compare', () => {
  test.each([0, 1])('a batch for offset %d is not appended where 2 is next', async baseOffset => {
    const settings = { segmentBytes: 1000, segmentMs: 1000, indexIntervalBytes: 100 };
    const log = await broker.storage.open(keyOf(0), broker.metadata.epoch + 1, settings);
    log.append(batchOf({ baseOffset: 0, count: 2 }));
    expect(() => log.append(batchOf({ baseOffset }))).toThrow('appended at the end of the log');
    expect(log.endOffset).toBe(2);
  });

  test('a sound batch that does not follow the one before is cut off at the next start', async () => {
    await produce(broker, 'one');
    await produce(broker, 'two');
    const content = harness.fileSystem.contentOf(logPath(0));
    const again = content.subarray(content.length / 2);
    harness.fileSystem.crash('kill-process');
    harness.fileSystem.setContent(logPath(0), Buffer.concat([content, again]));
    broker = await start();
    expect(await values(broker)).toEqual(['one', 'two']);
    expect(await produce(broker, 'three')).toEqual({ error: null, baseOffset: 2 });
    expect(await values(broker)).toEqual(['one', 'two', 'three']);
  });
});

test('ignore the CRC on recovery: a batch with one wrong bit is set aside, and what follows it stays', async () => {
  for (const value of ['one', 'two', 'three']) await produce(broker, value);
  const content = Buffer.from(harness.fileSystem.contentOf(logPath(0)));
  content.writeUInt8(content.readUInt8(content.indexOf('two')) ^ 1, content.indexOf('two'));
  harness.fileSystem.crash('kill-process');
  harness.fileSystem.setContent(logPath(0), content);
  broker = await start();
  expect(await values(broker)).toEqual(['one', 'three']);
  expect(await produce(broker, 'four')).toEqual({ error: null, baseOffset: 3 });
});

test('acknowledge before commit, high watermark before the flush: neither before the disk has it', async () => {
  await produce(broker, 'one');
  const { stalled, release } = harness.fileSystem.stallSyncs();
  const second = produce(broker, 'two');
  await stalled;
  expect(await isAnswered(second)).toBe(false);
  expect(await values(broker)).toEqual(['one']);
  // Written, but behind one that is not synced: what a reader has seen must not have a hole after a crash.
  const third = produce(broker, 'three', { acks: 1 });
  await isAnswered(third);
  expect(await values(broker)).toEqual(['one']);
  release();
  await Promise.all([second, third]);
  expect(await values(broker)).toEqual(['one', 'two', 'three']);
});

test('retry after a failed fsync: it is not acknowledged then, nor by a later sync that succeeds', async () => {
  await produce(broker, 'one');
  harness.fileSystem.failNth('sync', 1, 'EIO', /orders-0.*\.log$/);
  const refused = { error: 'KAFKA_STORAGE_ERROR' };
  expect(await produce(broker, 'two')).toMatchObject(refused);
  expect(await produce(broker, 'three')).toMatchObject(refused);
  expect(await produce(broker, 'four', { acks: 1 })).toMatchObject(refused);
  harness.fileSystem.crash('lose-all');
  broker = await start();
  expect(await values(broker)).toEqual(['one']);
});

test('forget producer state at open: what is sent again after a crash is answered, not appended', async () => {
  for (const sequence of [0, 1, 2]) await produce(broker, `number ${sequence}`, { sequence });
  harness.fileSystem.crash('lose-all');
  broker = await start();
  for (const sequence of [0, 1, 2]) {
    const answer = await produce(broker, `number ${sequence}`, { sequence });
    expect(answer).toEqual({ error: null, baseOffset: sequence });
  }
  expect(await produce(broker, 'gap', { sequence: 4 })).toMatchObject({
    error: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  });
  expect(await values(broker)).toHaveLength(3);
});
