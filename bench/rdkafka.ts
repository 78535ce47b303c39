import { createRequire } from 'node:module';
import type { MeasuredServer } from './measured-server.ts';
import { createTopic } from './raw-client.ts';
import type { Row } from './table.ts';
import { measure } from './workloads.ts';

interface RdKafka {
  Producer: new (conf: object, topicConf?: object) => RdClient;
  KafkaConsumer: new (conf: object, topicConf?: object) => RdClient;
}

interface RdClient {
  connect(options: object, done: (error: unknown) => void): void;
  disconnect(done: () => void): void;
  produce(topic: string, partition: number, value: Buffer): unknown;
  poll(): void;
  setPollInterval(ms: number): void;
  flush(ms: number, done: (error: unknown) => void): void;
  assign(partitions: object[]): void;
  consume(count: number, done: (error: unknown, messages: { size: number }[]) => void): void;
}

const RECORD_BYTES = 1024;

/** librdkafka through node-rdkafka, with its defaults of acks and batching; no rows where that package is not installed. */
export async function rdkafkaRows(
  server: MeasuredServer,
  { totalBytes, raw }: { totalBytes: number; raw: number },
): Promise<Row[]> {
  const kafka = load();
  if (kafka === null) {
    console.log('librdkafka: skipped, for test/clients/node-rdkafka is not installed');
    return [];
  }
  await createTopic(server.port, 'rd');
  const count = Math.ceil(totalBytes / RECORD_BYTES);
  const brokers = `127.0.0.1:${server.port}`;
  const row = async (what: string, work: () => Promise<void>): Promise<Row> => {
    const run = async () => (await work(), { bytes: count * RECORD_BYTES, requests: count });
    const measured = await measure(server, run);
    return {
      what,
      batchBytes: RECORD_BYTES,
      ...measured,
      ratio: measured.megabytesPerSecond / raw,
    };
  };
  const produced = await row('librdkafka produce, records/s', () =>
    produceAll(kafka, brokers, count),
  );
  const consumed = await row('librdkafka consume, records/s', () =>
    consumeAll(kafka, brokers, count),
  );
  return [produced, consumed];
}

function load(): RdKafka | null {
  try {
    const require = createRequire(
      new URL('../test/clients/node-rdkafka/package.json', import.meta.url),
    );
    return require('node-rdkafka') as RdKafka;
  } catch {
    return null;
  }
}

async function produceAll(kafka: RdKafka, brokers: string, count: number): Promise<void> {
  const producer = new kafka.Producer({
    'bootstrap.servers': brokers,
    'queue.buffering.max.messages': 200_000,
    'linger.ms': 5,
  });
  await connected(producer);
  producer.setPollInterval(10);
  const value = Buffer.alloc(RECORD_BYTES, 'x');
  for (let sent = 0; sent < count;) {
    try {
      producer.produce('rd', 0, value);
      sent++;
    } catch {
      // The queue is full: let the library send some of it.
      await new Promise(resolve => setImmediate(resolve));
      producer.poll();
    }
  }
  await new Promise<void>((resolve, reject) =>
    producer.flush(60_000, error => (error ? reject(asError(error)) : resolve())),
  );
  await new Promise<void>(resolve => producer.disconnect(resolve));
}

async function consumeAll(kafka: RdKafka, brokers: string, count: number): Promise<void> {
  const consumer = new kafka.KafkaConsumer({
    'bootstrap.servers': brokers,
    'group.id': 'bench',
    'enable.auto.commit': false,
  });
  await connected(consumer);
  consumer.assign([{ topic: 'rd', partition: 0, offset: 0 }]);
  for (let got = 0; got < count;) {
    got += await new Promise<number>((resolve, reject) =>
      consumer.consume(1000, (error, messages) =>
        error ? reject(asError(error)) : resolve(messages.length),
      ),
    );
  }
  await new Promise<void>(resolve => consumer.disconnect(resolve));
}

function connected(client: RdClient): Promise<void> {
  return new Promise((resolve, reject) =>
    client.connect({ timeout: 10_000 }, error => (error ? reject(asError(error)) : resolve())),
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(JSON.stringify(error));
}
