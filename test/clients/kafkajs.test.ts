import kafkajs, { type Admin, type Message, type Producer } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { CODECS, type Codec } from '../../src/domain/model/log/codec.ts';
import { ENGINES, testBroker, type TestBroker } from '../support/broker.ts';
import { RawClient } from '../support/raw-client.ts';
import { KafkaJsReader, kafkaJs, type FetchedRecord } from './support/kafkajs.ts';

const { CompressionTypes, ConfigResourceTypes } = kafkajs;

/** kafkajs has no zstd of its own. */
const SENT_CODECS: readonly Codec[] = CODECS.filter(codec => codec !== 'zstd');
const TYPES: Record<Codec, number> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

const ALL_BYTES = Buffer.from(Array.from({ length: 1024 }, (_, i) => i & 0xff));
const BEGIN = 1_700_000_000_000;

const RECORDS: readonly Message[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: String(BEGIN), headers: {} },
  { key: null, value: Buffer.from('no key'), timestamp: String(BEGIN + 1), headers: {} },
  { key: Buffer.from('gone'), value: null, timestamp: String(BEGIN + 1), headers: {} },
  { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: String(BEGIN - 9e8), headers: {} },
  {
    ...{ key: ALL_BYTES, value: ALL_BYTES, timestamp: String(BEGIN + 1000) },
    headers: { one: ALL_BYTES, two: [Buffer.from('1'), Buffer.from('2')], empty: Buffer.alloc(0) },
  },
];

const numbered = (count: number, from = 0): Message[] =>
  Array.from({ length: count }, (_, i) => ({ value: Buffer.from(`value ${from + i}`) }));

const valuesOf = (records: readonly { readonly value: Buffer | string | null }[]) =>
  records.map(({ value }) => value?.toString());

const withoutPlace = ({ key, value, timestamp, headers }: FetchedRecord) => {
  return { key, value, timestamp, headers };
};

async function withAdmin<T>(broker: TestBroker, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaJs(broker.bootstrap).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

async function withProducer<T>(
  broker: TestBroker,
  use: (producer: Producer) => Promise<T>,
  options: object = {},
): Promise<T> {
  const { Partitioners } = kafkajs;
  const quiet = { createPartitioner: Partitioners.DefaultPartitioner, ...options };
  const producer = kafkaJs(broker.bootstrap).producer(quiet);
  await producer.connect();
  try {
    return await use(producer);
  } finally {
    await producer.disconnect();
  }
}

async function readAll(
  broker: TestBroker,
  topic: string,
  from: Partial<Record<string, number>> = {},
) {
  await using reader = new KafkaJsReader(broker.bootstrap);
  return await reader.read(topic, from);
}

describe.concurrent.each(ENGINES)('kafkajs and %s', storage => {
  describe.each(SENT_CODECS)('with %s', codec => {
    test.each([0, 1, -1])('and acks %d, gives back byte for byte what it got', async acks => {
      await using broker = await testBroker({ storage });
      const given = [...RECORDS, ...numbered(50).map(record => ({ ...RECORDS[0]!, ...record }))];
      await withProducer(broker, producer =>
        producer.send({ topic: 't', acks, compression: TYPES[codec], messages: given }),
      );
      await using reader = new KafkaJsReader(broker.bootstrap);
      const records = await reader.read('t', { count: given.length });
      expect(records.map(withoutPlace)).toEqual(given);
      expect(records.map(({ offset }) => offset)).toEqual(given.map((_, i) => String(i)));
      using raw = await RawClient.connect(broker.port);
      const kept = (await raw.batches('t')).map(({ compression }) => CODECS[compression]);
      expect(kept).toEqual([codec]);
    });
  });

  test('administers topics', async () => {
    await using broker = await testBroker({ storage });
    await withAdmin(broker, async admin => {
      const configEntries = [{ name: 'retention.ms', value: '60000' }];
      const topics = [{ topic: 'orders', numPartitions: 3, configEntries }, { topic: 'other' }];
      expect(await admin.createTopics({ topics })).toBe(true);
      expect(await admin.createTopics({ topics: [{ topic: 'other' }] })).toBe(false);
      const tried = { topics: [{ topic: 'tried' }], validateOnly: true, waitForLeaders: false };
      expect(await admin.createTopics(tried)).toBe(true);
      expect((await admin.listTopics()).sort()).toEqual(['orders', 'other']);
      await admin.createPartitions({ topicPartitions: [{ topic: 'orders', count: 5 }] });
      const { topics: described } = await admin.fetchTopicMetadata({ topics: ['orders'] });
      expect(described[0]!.partitions.map(({ leader }) => leader)).toEqual([1, 1, 1, 1, 1]);
      await admin.deleteTopics({ topics: ['other'] });
      expect(await admin.listTopics()).toEqual(['orders']);
      await expect(admin.deleteTopics({ topics: ['other'] })).rejects.toThrow(/does not host/);
      const unfit = admin.createTopics({ topics: [{ topic: 'far', replicationFactor: 3 }] });
      await expect(unfit).rejects.toThrow();
    });
  });

  test('describes the cluster, and describes and alters configs', async () => {
    await using broker = await testBroker({ storage });
    await withAdmin(broker, async admin => {
      const cluster = await admin.describeCluster();
      const { port, clusterId } = broker;
      const brokers = [{ nodeId: 1, host: '127.0.0.1', port }];
      expect(cluster).toEqual({ brokers, controller: 1, clusterId });
      await admin.createTopics({ topics: [{ topic: 't' }] });
      const type = ConfigResourceTypes.TOPIC;
      const retention = async () => {
        const resources = [{ type, name: 't', configNames: ['retention.ms'] }];
        const described = await admin.describeConfigs({ resources, includeSynonyms: false });
        return described.resources[0]!.configEntries.map(({ configValue }) => configValue);
      };
      expect(await retention()).toEqual(['604800000']);
      const alter = (value: string) => {
        const resource = { type, name: 't', configEntries: [{ name: 'retention.ms', value }] };
        return admin.alterConfigs({ validateOnly: false, resources: [resource] });
      };
      await alter('1234');
      expect(await retention()).toEqual(['1234']);
      await expect(alter('soon')).rejects.toThrow(/[Cc]onfiguration is invalid/);
      expect(await retention()).toEqual(['1234']);
    });
  });

  test('finds offsets by place and by time, and deletes records', async () => {
    await using broker = await testBroker({ storage });
    const messages = numbered(100).map((record, i) => {
      return { ...record, timestamp: String(BEGIN + i * 1000) };
    });
    await withProducer(broker, async producer => {
      for (let at = 0; at < 100; at += 10) {
        await producer.send({ topic: 't', messages: messages.slice(at, at + 10) });
      }
    });
    await withAdmin(broker, async admin => {
      const [whole] = await admin.fetchTopicOffsets('t');
      expect(whole).toMatchObject({ low: '0', high: '100', offset: '100' });
      const at = async (time: number) =>
        (await admin.fetchTopicOffsetsByTimestamp('t', time))[0]!.offset;
      expect(await at(BEGIN + 33_000)).toBe('33');
      expect(await at(BEGIN + 32_001)).toBe('33');
      expect(await at(BEGIN + 99_001)).toBe('100');
      const partitions = [{ partition: 0, offset: '42' }];
      await admin.deleteTopicRecords({ topic: 't', partitions });
      expect((await admin.fetchTopicOffsets('t'))[0]).toMatchObject({ low: '42', high: '100' });
    });
    const records = await readAll(broker, 't', { offset: 42 });
    expect(valuesOf(records)).toEqual(valuesOf(numbered(58, 42)));
    await expect(readAll(broker, 't', { offset: 41 })).rejects.toThrow(/offset is not within/);
  });

  test('makes topics by producing to them, or does not, as the broker is told', async () => {
    await using broker = await testBroker({ storage, settings: { 'num.partitions': 2 } });
    await withProducer(broker, async producer => {
      const made = await producer.send({ topic: 'made', messages: numbered(1) });
      expect(made).toHaveLength(1);
    });
    const settings = { 'auto.create.topics.enable': false };
    await using strict = await testBroker({ storage, settings });
    const lost = withProducer(
      strict,
      producer => producer.send({ topic: 'none', messages: numbered(1) }),
      { retry: { retries: 1, initialRetryTime: 10 } },
    );
    await expect(lost).rejects.toThrow(/does not host/);
  });

  test('reads the tail while records come, each once and in order', async () => {
    await using broker = await testBroker({ storage });
    await withProducer(broker, async producer => {
      await producer.send({ topic: 't', messages: numbered(1) });
      const count = 2000;
      const tail = readAll(broker, 't', { count });
      for (let at = 1; at < count; at += 10) {
        const messages = numbered(Math.min(10, count - at), at);
        await producer.send({ topic: 't', messages, acks: at % 3 === 0 ? 1 : -1 });
      }
      expect(valuesOf(await tail)).toEqual(valuesOf(numbered(count)));
    });
  });

  test('sends idempotently, to several partitions, in parallel', async () => {
    await using broker = await testBroker({ storage });
    await withAdmin(broker, admin =>
      admin.createTopics({ topics: [{ topic: 't', numPartitions: 3 }] }),
    );
    const partitions = [0, 1, 2];
    const idempotent = { idempotent: true, maxInFlightRequests: 5 };
    await withProducer(
      broker,
      async producer => {
        for (let at = 0; at < 100; at += 10) {
          const messages = partitions.flatMap(partition =>
            numbered(10, at).map(record => ({ ...record, partition })),
          );
          const answers = await producer.send({ topic: 't', messages });
          expect(answers.map(({ baseOffset }) => baseOffset)).toEqual(Array(3).fill(String(at)));
        }
      },
      idempotent,
    );
    for (const partition of partitions) {
      const records = await readAll(broker, 't', { partition });
      expect(valuesOf(records)).toEqual(valuesOf(numbered(100)));
    }
  });

  test('is told of a record that is too large, and goes on', async () => {
    await using broker = await testBroker({ storage });
    await withProducer(broker, async producer => {
      const large = [{ value: Buffer.alloc(1_048_000, 'x') }];
      await producer.send({ topic: 't', messages: large });
      const beyond = producer.send({ topic: 't', messages: [{ value: Buffer.alloc(1_050_000) }] });
      await expect(beyond).rejects.toThrow(/larger than the max message size/);
      const [next] = await producer.send({ topic: 't', messages: numbered(1) });
      expect(next).toMatchObject({ baseOffset: '1' });
    });
  });

  test('tells the time of the append where the topic keeps that', async () => {
    await using broker = await testBroker({ storage });
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
    await withAdmin(broker, admin =>
      admin.createTopics({ topics: [{ topic: 't', configEntries }] }),
    );
    const begin = Date.now();
    const [answer] = await withProducer(broker, producer =>
      producer.send({ topic: 't', messages: [...RECORDS] }),
    );
    const appended = Number(answer!.logAppendTime);
    expect(appended).toBeGreaterThanOrEqual(begin);
    expect(appended).toBeLessThanOrEqual(Date.now());
    const times = (await readAll(broker, 't')).map(({ timestamp }) => timestamp);
    expect(times).toEqual(RECORDS.map(() => String(appended)));
  });

  // Memory forgets: there is nothing to go on with.
  const persistent = storage === 'memory' ? undefined : test;
  persistent?.('goes on over a restart, with the same producer', async () => {
    await using broker = await testBroker({ storage });
    const { clusterId } = broker;
    await withProducer(broker, async producer => {
      await producer.send({ topic: 't', messages: numbered(100) });
      await broker.restart();
      await producer.send({ topic: 't', messages: numbered(100, 100) });
    });
    expect(broker.clusterId).toBe(clusterId);
    expect(valuesOf(await readAll(broker, 't'))).toEqual(valuesOf(numbered(200)));
  });
});
