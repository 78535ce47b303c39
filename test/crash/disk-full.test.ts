import { beforeEach, describe, expect, test } from 'vitest';
import { SegmentFilesHarness } from '../support/segment-files-harness.ts';
import { SentLog } from '../support/sent-log.ts';
import { SimulatedBroker } from '../support/simulated-broker.ts';
import { SimulatedProducer } from '../support/simulated-producer.ts';
import { VirtualTime } from '../support/virtual-time.ts';

let harness: SegmentFilesHarness;
let broker: SimulatedBroker;
let logs: SentLog[];
let producers: SimulatedProducer[];

const start = (): Promise<SimulatedBroker> =>
  SimulatedBroker.start({ harness, time: new VirtualTime(), flushPolicy: 'acks-all' });

const send = (at: number, bytes = 100): Promise<void> =>
  producers[at]!.ask(broker, { count: 2, bytes });

/** The batches of a partition that were acknowledged, in order. */
const acknowledged = (at: number) => logs[at]!.sent.filter(sent => sent.acknowledgedAt !== null);

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
  logs = [new SentLog('orders', 0), new SentLog('orders', 1)];
  producers = logs.map(log => new SimulatedProducer(KIND, log));
  for (const producer of producers) await Promise.all(await producer.begin(broker));
  await send(0);
  await send(1);
  harness.logger.lines.length = 0;
});

const KIND = { name: 'producer', idempotent: true, acks: -1 } as const;

/** A new process on the same disk, which has room again: it finds what was acknowledged, and takes what was not. */
async function restart(): Promise<void> {
  harness.fileSystem.crash('kill-process');
  broker = await start();
  for (const log of logs) await log.recover(broker);
  for (const producer of producers) await Promise.all(await producer.begin(broker));
  await send(0);
  await send(1);
  for (const [at, log] of logs.entries()) {
    expect(acknowledged(at)).toHaveLength(log.sent.length);
    expect(await log.read(broker)).toHaveLength(log.sent.length);
  }
}

const errors = () => harness.logger.lines.filter(({ level }) => level === 'error');

describe('one write or sync of a partition fails', () => {
  test.each([
    ['write', 'ENOSPC', 100],
    ['write', 'ENOSPC', 30_000],
    ['write', 'EIO', 100],
    ['sync', 'EIO', 100],
    ['sync', 'ENOSPC', 30_000],
  ] as const)('%s, %s, a batch of %d bytes', async (operation, code, bytes) => {
    harness.fileSystem.failNth(operation, 1, code, /orders-0.*\.log$/);
    await send(0, bytes);
    await send(0, bytes);
    expect(acknowledged(0), 'it takes no more').toHaveLength(1);
    expect(await logs[0]!.read(broker), 'it goes on being read').toHaveLength(1);
    await send(1, bytes);
    expect(acknowledged(1), 'the others go on').toHaveLength(2);
    expect(errors(), 'it is logged once').toHaveLength(1);
    expect(errors()[0]).toMatchObject({ facts: { topic: 'orders', partition: 0 } });
    expect(errors()[0]!.facts['error']).toContain(code);
    await restart();
  });

  test('whoever waits for the sync that fails is refused, and that is one line in the log', async () => {
    harness.fileSystem.failNth('sync', 1, 'EIO', /orders-0.*\.log$/);
    const { stalled, release } = harness.fileSystem.stallSyncs();
    const waiting = [send(0), send(0), send(0)];
    await stalled;
    release();
    await Promise.all(waiting);
    expect(acknowledged(0)).toHaveLength(1);
    expect(errors()).toHaveLength(1);
    await restart();
  });
});

describe('the disk is full', () => {
  test.each([100, 30_000])('all writes fail, reads go on (batches of %d bytes)', async bytes => {
    harness.fileSystem.isFull = true;
    for (let round = 0; round < 2; round++) {
      await send(0, bytes);
      await send(1, bytes);
    }
    for (const at of [0, 1]) {
      expect(acknowledged(at)).toHaveLength(1);
      expect(await logs[at]!.read(broker)).toHaveLength(1);
    }
    expect(errors(), 'once for each partition').toHaveLength(2);
    harness.fileSystem.isFull = false;
    await send(0, bytes);
    expect(acknowledged(0), 'room again does not bring back a log that has failed').toHaveLength(1);
    await restart();
  });

  test('no topic can be created or altered, and no producer id be given that is not on disk', async () => {
    harness.fileSystem.isFull = true;
    const topic = {
      name: 'more',
      partitions: 1,
      replicationFactor: -1,
      assignments: [],
      configs: [],
    };
    const create = { topics: [topic], validateOnly: false };
    const refused = { code: 'KAFKA_STORAGE_ERROR' };
    await expect(broker.use.createTopics.execute(create)).rejects.toMatchObject(refused);
    expect(broker.metadata.state.topicNamed('more')).toBeUndefined();
    harness.fileSystem.isFull = false;
    await expect(broker.use.createTopics.execute(create)).rejects.toMatchObject(refused);
    await restart();
    const [created] = await broker.use.createTopics.execute(create);
    expect(created!.error).toBeNull();
  });

  test('a broker cannot start on it, says so, and harms nothing', async () => {
    harness.fileSystem.crash('kill-process');
    harness.fileSystem.isFull = true;
    await expect(start()).rejects.toMatchObject({ code: 'failed' });
    await expect(start()).rejects.toThrow(/ENOSPC/);
    harness.fileSystem.isFull = false;
    await restart();
  });

  test('a log that was not open yet is refused, and opens when there is room', async () => {
    harness.fileSystem.crash('kill-process');
    broker = await start();
    harness.fileSystem.isFull = true;
    await send(0);
    expect(acknowledged(0)).toHaveLength(1);
    expect(errors()).toMatchObject([{ facts: { topic: 'orders', partition: 0 } }]);
    harness.fileSystem.isFull = false;
    // The producer's second try: it asked for the batch above, which the log has never seen.
    await Promise.all(await producers[0]!.begin(broker));
    expect(acknowledged(0)).toHaveLength(2);
    await restart();
  });
});
