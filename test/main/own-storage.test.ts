import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { MemoryLogStorage } from '../../src/adapters/storage/memory/memory-log-storage.ts';
import { startBroker } from '../../src/main/index.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { DescribeLogDirs } from '../../src/adapters/transport/kafka/messages/describe-log-dirs.ts';
import type { PartitionLog } from '../../src/ports/log-storage.ts';
import { batch } from '../support/broker-core.ts';
import { ConsumingClient } from '../support/consuming-client.ts';
import { RawClient } from '../support/raw-client.ts';

/** A store of an application's own, which counts how often it was closed. */
class OwnStorage extends MemoryLogStorage {
  closes = 0;
  override close(): Promise<void> {
    this.closes += 1;
    return super.close();
  }
}

test('a broker runs on a store that it is given, and closes it when it stops', async () => {
  const storage = new OwnStorage();
  const broker = await startBroker({ storage });
  using client = await RawClient.connect(broker.port);
  const topics = [
    { name: 'orders', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  ];
  const created = await client.ask(CreateTopics, 7, { topics });
  expect(created.topics[0]!.errorCode).toBe(0);
  const records = batch(['mine']);
  const { responses } = await client.ask(Produce, 9, {
    ...{ acks: -1, timeoutMs: 1000 },
    topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }],
  });
  expect(responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
  expect((await client.batches('orders')).length).toBe(1);
  const { results } = await client.ask(DescribeLogDirs, 4, { topics: null });
  expect(results).toMatchObject([
    {
      errorCode: 0,
      logDir: storage.location,
      topics: [
        { name: 'orders', partitions: [{ partitionIndex: 0, partitionSize: records.length }] },
      ],
    },
  ]);
  const names = (await storage.list()).map(({ topic }) => topic);
  expect(names.sort()).toEqual(['__cluster_metadata', 'orders']);
  expect(storage.closes).toBe(0);
  await Promise.all([broker.stop(), broker.stop()]);
  expect(storage.closes).toBe(1);
});

test('a store is closed too when something fails while the broker stops, and that is told', async () => {
  const broken = new Error('a checkpoint is not what it should be');
  class BrokenStorage extends OwnStorage {
    override async open(...args: Parameters<MemoryLogStorage['open']>): Promise<PartitionLog> {
      const log = await super.open(...args);
      return Object.assign(log, { saveCheckpoint: () => Promise.reject(broken) });
    }
  }
  const storage = new BrokenStorage();
  const broker = await startBroker({ storage });
  await using client = await ConsumingClient.connect(broker.port);
  await client.produce('orders', 1, 10);
  await expect(broker.stop()).rejects.toBe(broken);
  expect(storage.closes).toBe(1);
});

test('a store is closed too when the broker cannot start', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const storage = new OwnStorage();
  const { port } = taken.address() as AddressInfo;
  await expect(startBroker({ storage, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(storage.closes).toBe(1);
  taken.close();
});
