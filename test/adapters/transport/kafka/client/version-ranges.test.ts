import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { NodeCompression } from '../../../../../src/adapters/compression/node-compression.ts';
import { Crc32c } from '../../../../../src/adapters/runtime/crc32c.ts';
import { NodeRandom } from '../../../../../src/adapters/runtime/node-random.ts';
import { Consumer } from '../../../../../src/adapters/transport/kafka/client/consumer.ts';
import { KafkaClient } from '../../../../../src/adapters/transport/kafka/client/kafka-client.ts';
import { KafkaCluster } from '../../../../../src/adapters/transport/kafka/client/kafka-cluster.ts';
import {
  endOffsets,
  offsetsFrom,
} from '../../../../../src/adapters/transport/kafka/client/offsets.ts';
import { Producer } from '../../../../../src/adapters/transport/kafka/client/producer.ts';
import {
  createTopic,
  deleteTopic,
  describeTopic,
} from '../../../../../src/adapters/transport/kafka/client/topics.ts';
import { BufferPool } from '../../../../../src/adapters/transport/kafka/buffer-pool.ts';
import { FrameReader } from '../../../../../src/adapters/transport/kafka/frame-reader.ts';
import { APIS } from '../../../../../src/adapters/transport/kafka/messages/apis.ts';
import {
  ApiVersions,
  ApiVersionsResponse,
} from '../../../../../src/adapters/transport/kafka/messages/api-versions.ts';
import { Metadata } from '../../../../../src/adapters/transport/kafka/messages/metadata.ts';
import { WireReader } from '../../../../../src/adapters/transport/kafka/wire/reader.ts';
import type { Api } from '../../../../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../../../../../src/adapters/transport/kafka/wire/writer.ts';
import { startBroker, type Broker } from '../../../../../src/main/start-broker.ts';

type RangeOf = (api: Api) => readonly [min: number, max: number] | null;
const OPTIONS = { clientId: 'test', timeoutMs: 10_000 };
const CORRELATION_ID_BYTES = 4;

/** The frame of ApiVersions version 0 that a broker with these ranges would have sent instead. */
function withRanges(frame: Buffer, rangeOf: RangeOf): Buffer {
  const codec = ApiVersionsResponse.at(0);
  const told = codec.read(new WireReader().reset(frame, 4 + CORRELATION_ID_BYTES));
  const apiKeys = APIS.flatMap(api => {
    const range = rangeOf(api);
    return range ? [{ apiKey: api.key, minVersion: range[0], maxVersion: range[1] }] : [];
  });
  const writer = new WireWriter();
  writer.beginFrame();
  writer.int32(frame.readInt32BE(4));
  codec.write(writer, { ...told, apiKeys });
  writer.endFrame();
  return Buffer.concat(writer.take());
}

/** Closes the connection, as a broker does, at a request in a version that it said it does not serve. */
function enforce(client: Socket, rangeOf: RangeOf): void {
  const frames = new FrameReader(2 ** 24, new BufferPool(0), (buffer, start) => {
    const api = APIS.find(({ key }) => key === buffer.readInt16BE(start))!;
    const version = buffer.readInt16BE(start + 2);
    const [min, max] = api === ApiVersions ? [0, 0] : (rangeOf(api) ?? [0, -1]);
    if (version < min || version > max) client.destroy();
  });
  client.on('data', chunk => frames.push(chunk));
}

/** Passes everything on, but for the first answer of each connection: what versions there are. */
async function relay(client: Socket, port: number, rangeOf: RangeOf): Promise<void> {
  const broker = connect(port, '127.0.0.1');
  for (const [one, other] of [
    [client, broker],
    [broker, client],
  ] as const) {
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
  }
  enforce(client, rangeOf);
  client.pipe(broker);
  let answer: Buffer = Buffer.alloc(0);
  while (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) {
    const [chunk] = (await once(broker, 'data')) as [Buffer];
    answer = Buffer.concat([answer, chunk]);
  }
  client.write(withRanges(answer, rangeOf));
  broker.pipe(client);
}

/** A broker on a port that was free a moment ago, which says that it is found at another one. */
async function startAdvertised(advertisedPort: number): Promise<{ broker: Broker; port: number }> {
  for (;;) {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    try {
      return { broker: await startBroker({ port, advertisedPort }), port };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function withBroker(rangeOf: RangeOf, use: (port: number) => Promise<void>): Promise<void> {
  let port = 0;
  const server: Server = createServer(socket => void relay(socket, port, rangeOf));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const advertised = (server.address() as AddressInfo).port;
  const started = await startAdvertised(advertised);
  ({ port } = started);
  try {
    await use(advertised);
  } finally {
    await started.broker.stop();
    server.close();
  }
}

/** Uses every API that the client knows. */
async function useAll(cluster: KafkaCluster): Promise<string[]> {
  const parts = { compression: new NodeCompression(), checksum: new Crc32c() };
  const configs = new Map([['retention.ms', '60000']]);
  await createTopic(cluster, { name: 't', partitions: null, replicationFactor: null, configs });
  const producer = new Producer({
    ...{ ...parts, cluster, topic: 't', acks: -1, codec: 'gzip', partition: null },
    random: new NodeRandom(),
  });
  const values = ['a', 'b', 'c'];
  const records = values.map(value => ({ key: null, value: Buffer.from(value) }));
  await producer.send(records, () => undefined);
  const described = await describeTopic(cluster, 't');
  expect(described.configs).toEqual(configs);
  expect(described.partitions).toMatchObject([{ startOffset: 0, endOffset: 3, leader: 1 }]);
  const topic = await cluster.topic('t');
  const from = await offsetsFrom(cluster, topic, { partitions: [0], from: { offset: 1 } });
  const until = await endOffsets(cluster, topic, [0]);
  const read: string[] = [];
  for await (const some of new Consumer({ ...parts, cluster, topic, from, until }).fetches()) {
    read.push(...some.map(({ value }) => String(value)));
  }
  await deleteTopic(cluster, 't');
  expect(await cluster.topics()).toEqual([]);
  return read;
}

describe('a client', () => {
  test.each<[string, RangeOf]>([
    ['the oldest versions alone', ({ request }) => [request.minVersion, request.minVersion]],
    ['the newest versions alone', ({ request }) => [request.maxVersion, request.maxVersion]],
    ['versions of the future as well', ({ request }) => [request.minVersion, 99]],
    ['versions of the past as well', ({ request }) => [0, request.minVersion + 1]],
  ])('works with a broker that serves %s', async (_, rangeOf) => {
    await withBroker(rangeOf, async port => {
      const cluster = await KafkaCluster.connect([{ host: '127.0.0.1', port }], OPTIONS);
      expect(await useAll(cluster)).toEqual(['b', 'c']);
      await cluster.close();
    });
  });

  test.each<[string, RangeOf]>([
    ['only later ones', ({ request }) => [request.maxVersion + 1, 99]],
    ['none at all', () => null],
  ])('says so when a broker serves %s', async (_, rangeOf) => {
    await withBroker(rangeOf, async port => {
      const client = await KafkaClient.connect({ host: '127.0.0.1', port }, OPTIONS);
      await expect(client.request(Metadata, { topics: null })).rejects.toMatchObject({
        code: 'unsupported',
        message: `127.0.0.1:${port} serves no version of Metadata that this client speaks`,
      });
      await client.close();
    });
  });
});
