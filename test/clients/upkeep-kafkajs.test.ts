import kafkajs, { type Admin, type Message } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { Metadata } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { OffsetCommit } from '../../src/adapters/transport/kafka/messages/offset-commit.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { ENGINES, testBroker, type TestBroker } from '../support/broker.ts';
import { KafkaJsReader, kafkaJs } from './support/kafkajs.ts';

const { CompressionTypes, ConfigResourceTypes, Partitioners } = kafkajs;
const SETTINGS = { 'log.cleaner.backoff.ms': 10, 'log.retention.check.interval.ms': 10 };
const ONE_PARTITION = { 'offsets.topic.num.partitions': 1 };
const COMPACT = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' };
const COMMITS = 10;
const KEYS = 5;
const ROUNDS = 20;
const BEGIN = 1_700_000_000_000;

/** Hears of what was done behind the clients' backs. */
class Deeds implements Logger {
  readonly #listeners = new Set<(deed: string, to: number) => void>();

  info(facts: object, message: string): void {
    const { topic, to } = facts as { readonly topic?: string; readonly to?: number };
    for (const listener of this.#listeners) listener(`${topic}: ${message}`, to ?? -1);
  }
  warn(): void {}
  error(facts: object, message: string): void {
    throw new Error(`${message}: ${JSON.stringify(facts)}`);
  }

  /** Resolves when such a deed has reached an offset; ask before it can have happened. */
  done(what: RegExp, offset: number): Promise<void> {
    return new Promise(resolve => {
      this.#listeners.add((deed, to) => {
        if (what.test(deed) && to >= offset) resolve();
      });
    });
  }
}

/** kafkajs takes seconds for a commit without members. */
class Committer {
  readonly #client: KafkaClient;
  readonly #topicId: string;

  constructor(client: KafkaClient, topicId: string) {
    this.#client = client;
    this.#topicId = topicId;
  }

  static async start({ port }: TestBroker): Promise<Committer> {
    const address = { host: '127.0.0.1', port };
    const client = await KafkaClient.connect(address, { clientId: 'committer', timeoutMs: 30_000 });
    const { topics } = await client.request(Metadata, { topics: [{ name: 'orders' }] });
    return new Committer(client, topics[0]!.topicId);
  }

  /** Tries again while the coordinator comes up. */
  async commit(groupId: string, committedOffset: number): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: null }];
    const { topics } = await this.#client.request(OffsetCommit, {
      ...{ groupId, generationIdOrMemberEpoch: -1, memberId: '' },
      topics: [{ topicId: this.#topicId, partitions }],
    });
    if (topics[0]!.partitions[0]!.errorCode !== 0) await this.commit(groupId, committedOffset);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }
}

async function withTopic(
  broker: TestBroker,
  configs: Record<string, string>,
  use: (
    admin: Admin,
    send: (messages: Message[], compression?: number) => Promise<unknown>,
  ) => Promise<void>,
): Promise<void> {
  const kafka = kafkaJs(broker.bootstrap);
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic: 'orders', configEntries }] });
    await use(admin, (messages, compression = CompressionTypes.None) =>
      producer.send({ topic: 'orders', messages, compression }),
    );
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** All settings of a topic; log lines are few, so that a test compacts when all is there and not all the time. */
async function alterTopic(
  admin: Admin,
  name: string,
  configs: Record<string, string>,
): Promise<void> {
  const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
  const resources = [{ type: ConfigResourceTypes.TOPIC, name, configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources });
}

const lowOf = async (admin: Admin): Promise<string> => {
  const [offsets] = await admin.fetchTopicOffsets('orders');
  return offsets!.low;
};

describe.each(ENGINES)('kafkajs on %s', storage => {
  test('reads the last value of each key of a compacted topic, from the start', async () => {
    const logger = new Deeds();
    await using broker = await testBroker({ storage, settings: SETTINGS, logger });
    await withTopic(broker, { 'segment.ms': '5', 'retention.ms': '-1' }, async (admin, send) => {
      const compacted = logger.done(/^orders: .*compacted/, KEYS * ROUNDS);
      for (let round = 0; round < ROUNDS; round++) {
        const timestamp = String(BEGIN + round * 10);
        const messages = Array.from({ length: KEYS }, (_key, key) => {
          return {
            key: `k${key}`,
            value: `${key} in ${round}`,
            timestamp,
            headers: { round: `${round}` },
          };
        });
        await send(messages, round % 2 === 0 ? CompressionTypes.GZIP : CompressionTypes.None);
      }
      await send([{ key: 'last', value: 'end', timestamp: String(BEGIN + ROUNDS * 10) }]);
      await alterTopic(admin, 'orders', { ...COMPACT, 'segment.ms': '5' });
      await compacted;
    });
    await using reader = new KafkaJsReader(broker.bootstrap);
    const records = await reader.read('orders');
    const last = ROUNDS - 1;
    expect(records.map(({ value }) => String(value))).toEqual([
      ...Array.from({ length: KEYS }, (_, key) => `${key} in ${last}`),
      'end',
    ]);
    const [first] = records;
    expect([first!.offset, first!.timestamp]).toEqual([
      String(KEYS * last),
      String(BEGIN + last * 10),
    ]);
    expect(String(first!.headers['round'])).toBe(String(last));
  });

  test.each([
    ['time', { 'retention.ms': '60000' }],
    ['bytes', { 'retention.bytes': '800', 'retention.ms': '-1' }],
  ])('sees the earliest offset move by retention of %s', async (_, configs) => {
    const logger = new Deeds();
    await using broker = await testBroker({ storage, settings: SETTINGS, logger });
    await withTopic(broker, configs, async (admin, send) => {
      const trimmed = logger.done(/^orders: .*retention/, 1);
      await send([{ value: 'x'.repeat(900), timestamp: String(Date.now() - 120_000) }]);
      await send([{ value: 'y'.repeat(800) }]);
      await trimmed;
      expect(await lowOf(admin)).toBe('1');
      await using reader = new KafkaJsReader(broker.bootstrap);
      const [record, ...others] = await reader.read('orders', { offset: 1 });
      expect([String(record!.value)[0], others]).toEqual(['y', []]);
    });
  });

  test('finds the committed offsets of its groups when __consumer_offsets was compacted', async () => {
    const logger = new Deeds();
    await using broker = await testBroker({
      storage,
      settings: { ...SETTINGS, ...ONE_PARTITION },
      logger,
    });
    await withTopic(broker, {}, async (admin, send) => {
      await send(Array.from({ length: COMMITS }, (_, at) => ({ value: String(at) })));
      await using committer = await Committer.start(broker);
      const commit = (groupId: string, offset: number) => committer.commit(groupId, offset);
      const compacted = logger.done(/^__consumer_offsets: .*compacted/, COMMITS);
      await commit('early', 7);
      await alterTopic(admin, '__consumer_offsets', { 'segment.ms': '1' });
      for (let offset = 0; offset < COMMITS; offset++) await commit('busy', offset);
      await alterTopic(admin, '__consumer_offsets', { ...COMPACT, 'segment.ms': '1' });
      let isCompacted = false;
      void compacted.then(() => (isCompacted = true));
      while (!isCompacted) await commit('busy', COMMITS - 1);
    });
    if (storage !== 'memory') await broker.restart();
    const admin = kafkaJs(broker.bootstrap).admin();
    await admin.connect();
    const committed = async (groupId: string) => {
      const [topic] = await admin.fetchOffsets({ groupId, topics: ['orders'] });
      return topic!.partitions[0]!.offset;
    };
    expect([await committed('early'), await committed('busy')]).toEqual(['7', String(COMMITS - 1)]);
    await admin.disconnect();
  });
});
