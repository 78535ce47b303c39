import { expect, test } from 'vitest';
import { NodeCompression } from '../../../../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../../../../src/adapters/runtime/crc32c.ts';
import { NodeRandom } from '../../../../../src/adapters/runtime/node-random.ts';
import { Consumer } from '../../../../../src/adapters/transport/kafka/client/consumer.ts';
import { KafkaCluster } from '../../../../../src/adapters/transport/kafka/client/kafka-cluster.ts';
import { Producer } from '../../../../../src/adapters/transport/kafka/client/producer.ts';
import { createTopic } from '../../../../../src/adapters/transport/kafka/client/topics.ts';
import { testBroker } from '../../../../support/broker.ts';

test('reads nothing of a partition that was not there when the end was told', async () => {
  await using broker = await testBroker();
  const address = { host: '127.0.0.1', port: broker.port };
  const cluster = await KafkaCluster.connect([address], { clientId: 'test', timeoutMs: 10_000 });
  const parts = { compression: new NodeCompression(), checksum: new Crc32c(), cluster };
  const configs = new Map<string, string>();
  await createTopic(cluster, { name: 't', partitions: 2, replicationFactor: null, configs });
  for (const partition of [0, 1]) {
    const producer = new Producer({
      ...{ ...parts, topic: 't', acks: -1, codec: 'none', partition },
      random: new NodeRandom(),
    });
    const value = Buffer.from(`of ${partition}`);
    await producer.send([{ key: null, value }], () => undefined);
  }
  const topic = await cluster.topic('t');
  const from = new Map([0, 1].map(partition => [partition, 0]));
  const read: string[] = [];
  const consumer = new Consumer({ ...parts, topic, from, until: new Map([[0, 1]]) });
  for await (const some of consumer.fetches()) read.push(...some.map(({ value }) => String(value)));
  expect(read).toEqual(['of 0']);
  await cluster.close();
});
