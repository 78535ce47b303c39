import { describe, expect, test } from 'vitest';
import { CODECS } from '../../src/domain/model/log/codec.ts';
import { testBroker } from '../support/broker.ts';
import { RawClient } from '../support/raw-client.ts';
import { describeBlockingClient } from './support/describe-client.ts';
import {
  RdAdmin,
  rdkafkaAbsence,
  rdkafkaHas,
  rdMetadata,
  rdRead,
  RdConsumer,
  RdProducer,
  type RdRead,
  type RdRecord,
} from './support/rdkafka.ts';

/** librdkafka's errors by Kafka's numbers. */
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const INVALID_TOPIC = 17;
const TOPIC_ALREADY_EXISTS = 36;
const INVALID_PARTITIONS = 37;
const INVALID_CONFIG = 40;

const BEGINNING = -2;
const END = -1;

const ALL_BYTES = Buffer.from(Array.from({ length: 1024 }, (_, i) => i & 0xff));
/** Empty, but not at the null address, which node-rdkafka sends as null. */
const NO_BYTES = ALL_BYTES.subarray(0, 0);

/** Each is something a log may get wrong in its own way. */
const RECORDS: readonly RdRecord[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 1_700_000_000_000, headers: [] },
  { key: null, value: Buffer.from('no key'), timestamp: 1_700_000_000_001, headers: [] },
  { key: Buffer.from('gone'), value: null, timestamp: 1_700_000_000_001, headers: [] },
  { key: null, value: null, timestamp: 1_700_000_000_500, headers: [['only', 'a header']] },
  { key: NO_BYTES, value: NO_BYTES, timestamp: 1_600_000_000_000, headers: [] },
  {
    ...{ key: ALL_BYTES, value: ALL_BYTES, timestamp: 1_700_000_001_000 },
    headers: [
      ['a', '1'],
      ['a', '2'],
      ['empty', ''],
      ['ünï', 'çødé'],
    ],
  },
];

const numbered = (count: number, from = 0): Partial<RdRecord>[] =>
  Array.from({ length: count }, (_, i) => ({ value: Buffer.from(`value ${from + i}`) }));

const withoutPlace = ({ key, value, timestamp, headers }: RdRead): RdRecord => {
  return { key, value, timestamp, headers };
};
const valuesOf = (records: readonly Partial<RdRecord>[]) =>
  records.map(({ value }) => value?.toString());
const offsetsOf = (records: readonly RdRead[]) => records.map(({ offset }) => offset);

describeBlockingClient('node-rdkafka', rdkafkaAbsence(), storage => {
  describe.each(CODECS)('with %s', codec => {
    test.for([0, 1, -1])(
      'and acks %d, gives back byte for byte what it got',
      async (acks, { skip }) => {
        skip(!rdkafkaHas(codec), `this librdkafka was built without ${codec}`);
        await using broker = await testBroker({ storage });
        const config = { 'compression.codec': codec, 'request.required.acks': acks };
        const filling = numbered(50).map(record => ({ ...RECORDS[0]!, ...record }));
        const given = [...RECORDS, ...filling];
        await using producer = await RdProducer.connect(broker.bootstrap, config);
        await producer.sendAll('t', given);
        await using consumer = await RdConsumer.connect(broker.bootstrap);
        consumer.assign([{ topic: 't', partition: 0, offset: BEGINNING }]);
        const records = await consumer.received(given.length);
        expect(records.map(withoutPlace)).toEqual(given);
        expect(offsetsOf(records)).toEqual(given.map((_, i) => i));
        using raw = await RawClient.connect(broker.port);
        const kept = (await raw.batches('t')).map(({ compression }) => CODECS[compression]);
        expect(kept).toContain(codec);
      },
    );
  });

  test('creates, lists, grows and deletes topics, and says why it cannot', async () => {
    await using broker = await testBroker({ storage });
    using admin = new RdAdmin(broker.bootstrap);
    await admin.create('orders', 3, { 'retention.ms': '60000' });
    await admin.create('other', 1);
    await using client = await RdProducer.connect(broker.bootstrap);
    const listed = async () =>
      (await rdMetadata(client)).topics.map(({ name, partitions }) => [name, partitions.length]);
    expect((await listed()).sort()).toEqual([
      ['orders', 3],
      ['other', 1],
    ]);
    await expect(admin.create('orders', 1)).rejects.toMatchObject({ code: TOPIC_ALREADY_EXISTS });
    await expect(admin.create('a/b', 1)).rejects.toMatchObject({ code: INVALID_TOPIC });
    const wrong = admin.create('wrong', 1, { 'retention.ms': 'soon' });
    await expect(wrong).rejects.toMatchObject({ code: INVALID_CONFIG });
    await admin.grow('orders', 5);
    await expect(admin.grow('orders', 2)).rejects.toMatchObject({ code: INVALID_PARTITIONS });
    await admin.delete('other');
    expect(await listed()).toEqual([['orders', 5]]);
    const gone = admin.delete('other');
    await expect(gone).rejects.toMatchObject({ code: UNKNOWN_TOPIC_OR_PARTITION });
  });

  test('makes a topic by producing to it, where that is allowed', async () => {
    await using broker = await testBroker({ storage, settings: { 'num.partitions': 2 } });
    await using producer = await RdProducer.connect(broker.bootstrap);
    await producer.send('made', 1, RECORDS[0]!);
    const { topics } = await rdMetadata(producer, 'made');
    expect(topics[0]!.partitions).toHaveLength(2);
  });

  test('is refused where topics are not made by producing', async () => {
    const settings = { 'auto.create.topics.enable': false };
    await using broker = await testBroker({ storage, settings });
    await using producer = await RdProducer.connect(broker.bootstrap);
    const sent = producer.send('none', 0, RECORDS[0]!);
    await expect(sent).rejects.toThrow(/unknown topic/i);
  });

  test('reads from an offset, from a timestamp, from the end, and anew after a seek', async () => {
    await using broker = await testBroker({ storage });
    await using producer = await RdProducer.connect(broker.bootstrap);
    const begin = 1_700_000_000_000;
    const given = numbered(100).map((record, i) => ({ ...record, timestamp: begin + i * 1000 }));
    for (let at = 0; at < 100; at += 10) await producer.sendAll('t', given.slice(at, at + 10));
    await using consumer = await RdConsumer.connect(broker.bootstrap);
    expect(await consumer.watermarks('t')).toEqual([0, 100]);
    const at = (timestamp: number) => ({ topic: 't', partition: 0, offset: timestamp });
    const found = async (timestamp: number) =>
      (await consumer.offsetsForTimes([at(timestamp)]))[0]!.offset;
    expect(await found(begin + 33_000)).toBe(33);
    expect(await found(begin + 32_001)).toBe(33);
    expect(await found(0)).toBe(0);
    expect(await found(begin + 99_001)).toBe(END);
    consumer.assign([at(33)]);
    expect(offsetsOf(await consumer.reachedEnds())[0]).toBe(33);
    expect(consumer.records).toHaveLength(67);
    await consumer.seek(at(95));
    expect(offsetsOf(await consumer.received(72)).slice(67)).toEqual([95, 96, 97, 98, 99]);
    expect(await rdRead(broker.bootstrap, 't', { offset: END })).toEqual([]);
  });

  test.each([1, -1])('follows a producer with acks %d, and sees each record once', async acks => {
    await using broker = await testBroker({ storage });
    using admin = new RdAdmin(broker.bootstrap);
    await admin.create('t', 3);
    const partitions = [0, 1, 2];
    await using consumer = await RdConsumer.connect(broker.bootstrap);
    consumer.assign(partitions.map(partition => ({ topic: 't', partition, offset: END })));
    await consumer.reachedEnds(3);
    const small = { 'batch.num.messages': 5, 'linger.ms': 0, 'request.required.acks': acks };
    await using producer = await RdProducer.connect(broker.bootstrap, small);
    const each = 3000;
    const sent = partitions.map(partition => producer.sendAll('t', numbered(each), partition));
    const records = await consumer.received(3 * each);
    await Promise.all(sent);
    for (const partition of partitions) {
      const ofIt = records.filter(record => record.partition === partition);
      expect(valuesOf(ofIt)).toEqual(valuesOf(numbered(each)));
      expect(offsetsOf(ofIt)).toEqual(ofIt.map((_, i) => i));
    }
  });

  test('sends idempotently, with five requests in flight', async () => {
    await using broker = await testBroker({ storage });
    const config = { 'enable.idempotence': true, 'batch.num.messages': 3, 'linger.ms': 0 };
    await using producer = await RdProducer.connect(broker.bootstrap, config);
    const offsets = await producer.sendAll('t', numbered(3000));
    expect(offsets).toEqual(offsets.map((_, i) => i));
    const records = await rdRead(broker.bootstrap, 't');
    expect(valuesOf(records)).toEqual(valuesOf(numbered(3000)));
  });

  test('stamps records with the time of the append where the topic asks for it', async () => {
    await using broker = await testBroker({ storage });
    using admin = new RdAdmin(broker.bootstrap);
    await admin.create('t', 1, { 'message.timestamp.type': 'LogAppendTime' });
    await using producer = await RdProducer.connect(broker.bootstrap, {
      'compression.codec': 'gzip',
    });
    const begin = Date.now();
    await producer.sendAll('t', RECORDS);
    const end = Date.now();
    for (const { timestamp } of await rdRead(broker.bootstrap, 't')) {
      expect(timestamp).toBeGreaterThanOrEqual(begin);
      expect(timestamp).toBeLessThanOrEqual(end);
    }
  });

  test('sends a record near the limit, and is told of one beyond it', async () => {
    await using broker = await testBroker({ storage });
    using admin = new RdAdmin(broker.bootstrap);
    await admin.create('t', 1, { 'max.message.bytes': '2000000' });
    const config = { 'message.max.bytes': 4_000_000 };
    await using producer = await RdProducer.connect(broker.bootstrap, config);
    const large = Buffer.alloc(1_999_900, ALL_BYTES);
    await producer.send('t', 0, { value: large });
    const beyond = producer.send('t', 0, { value: Buffer.alloc(2_000_000) });
    await expect(beyond).rejects.toThrow(/message size too large/i);
    const [record] = await rdRead(broker.bootstrap, 't');
    expect(record!.value!.equals(large)).toBe(true);
  });

  // Memory forgets: there is nothing to go on with.
  const persistent = storage === 'memory' ? undefined : test;
  persistent?.('goes on over a restart, with the same producer and consumer', async () => {
    await using broker = await testBroker({ storage });
    const config = { 'enable.idempotence': true, 'reconnect.backoff.ms': 20 };
    const patient = { ...config, 'reconnect.backoff.max.ms': 50 };
    await using producer = await RdProducer.connect(broker.bootstrap, patient);
    await using consumer = await RdConsumer.connect(broker.bootstrap, {
      'reconnect.backoff.ms': 20,
      'reconnect.backoff.max.ms': 50,
    });
    await producer.sendAll('t', numbered(500));
    await consumer.assign([{ topic: 't', partition: 0, offset: BEGINNING }]).received(500);
    const restarted = broker.restart();
    const offsets = await producer.sendAll('t', numbered(500, 500));
    await restarted;
    expect(offsets).toEqual(offsets.map((_, i) => 500 + i));
    const records = await consumer.received(1000);
    expect(valuesOf(records)).toEqual(valuesOf(numbered(1000)));
    expect(valuesOf(await rdRead(broker.bootstrap, 't'))).toEqual(valuesOf(numbered(1000)));
  });

  test('sees many topics', async () => {
    await using broker = await testBroker({ storage });
    using admin = new RdAdmin(broker.bootstrap);
    const names = Array.from({ length: 100 }, (_, i) => `topic-${String(i).padStart(3, '0')}`);
    for (const name of names) await admin.create(name, 2);
    await using producer = await RdProducer.connect(broker.bootstrap);
    await Promise.all(
      names.map((name, i) => producer.send(name, i % 2, { value: Buffer.from(name) })),
    );
    expect((await rdMetadata(producer)).topics.map(({ name }) => name).sort()).toEqual(names);
    await using consumer = await RdConsumer.connect(broker.bootstrap);
    const places = names.map((topic, i) => ({ topic, partition: i % 2, offset: BEGINNING }));
    const records = await consumer.assign(places).received(names.length);
    expect(records.map(({ topic }) => topic).sort()).toEqual(names);
    for (const { topic, value } of records) expect(value?.toString()).toBe(topic);
  });
});
