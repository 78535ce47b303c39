import { crc32c } from '@node-rs/crc32';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ClientError } from '../../src/adapters/transport/kafka/client/client-error.ts';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { ERROR_CODES } from '../../src/adapters/transport/kafka/messages/error-codes.ts';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { buildBatch } from '../../src/domain/model/log/batch-builder.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../src/domain/model/log/records.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

const KILLS = 5;
/** Set, it is how long to go on beyond these kills. */
const SECONDS = Number(process.env['HEXLOG_CRASH_SECONDS'] ?? 0);
const KEYS = 20;
const ENGINES = ['segment-files', 'sqlite', 'leveldb', 'lmdb'] as const;
/** The cleaner and retention never rest. */
const SETTINGS = { 'log.cleaner.backoff.ms': '1', 'log.retention.check.interval.ms': '1' };
const CONFIGS = {
  'cleanup.policy': 'compact,delete',
  'segment.ms': '20',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '50',
  'retention.bytes': '10000000',
};
const FETCH_BYTES = 16 * 1024 * 1024;

/** Writes ever higher numbers to a few keys, and knows which were acknowledged; every seventh number is a tombstone. */
class KeyedWriter {
  readonly #random: SeededRandom;
  readonly #acknowledged = new Map<string, number>();
  readonly #sent = new Map<string, number>();
  topicId = '';
  next = 0;
  /** Records that were read at the last check. */
  read = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Until the connection ends. */
  async run(client: KafkaClient): Promise<void> {
    try {
      for (;;) await this.#send(client);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'closed') throw error;
    }
  }

  /** The last value of each key is the last one acknowledged, or one that was sent after it. */
  async check(client: KafkaClient): Promise<void> {
    const found = await this.#readAll(client);
    for (const [key, acknowledged] of this.#acknowledged) {
      const number = found.get(key);
      const latest = this.#sent.get(key)!;
      if (number === undefined) {
        const sent = Array.from(
          { length: latest - acknowledged + 1 },
          (_, at) => acknowledged + at,
        );
        expect(sent.some(isTombstone), `${key} is gone, ${acknowledged} was there`).toBe(true);
      } else {
        expect(number, key).toBeGreaterThanOrEqual(acknowledged);
        expect(number, key).toBeLessThanOrEqual(latest);
      }
    }
  }

  async #send(client: KafkaClient): Promise<void> {
    const count = 1 + this.#random.integer(5);
    const numbers = Array.from({ length: count }, () => this.next++);
    const keys = numbers.map(() => `k${this.#random.integer(KEYS)}`);
    const timestamp = Date.now();
    const records = numbers.map((number, at) => ({
      key: Buffer.from(keys[at]!),
      value: isTombstone(number) ? null : Buffer.from(String(number)),
      headers: [{ key: 'number', value: Buffer.from(String(number)) }],
      timestamp,
    }));
    numbers.forEach((number, at) => this.#sent.set(keys[at]!, number));
    const { responses } = await client.request(Produce, {
      ...{ acks: -1, timeoutMs: 30_000 },
      topicData: [
        {
          ...{ name: 'orders', topicId: this.topicId },
          partitionData: [{ index: 0, records: buildBatch(records, {}, crc32c).bytes }],
        },
      ],
    });
    const { errorCode } = responses[0]!.partitionResponses[0]!;
    if (errorCode === ERROR_CODES.NOT_LEADER_OR_FOLLOWER) throw new ClientError('closed', 'stops');
    expect(errorCode).toBe(0);
    numbers.forEach((number, at) => this.#acknowledged.set(keys[at]!, number));
  }

  async #readAll(client: KafkaClient): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    this.read = 0;
    for (let next = 0, end = 1; next < end;) {
      const { batches, highWatermark } = await this.#fetch(client, next);
      end = highWatermark;
      for (const batch of batches) {
        expect(crc32c(batch.checked), 'what is served is whole').toBe(batch.crc);
        expect(batch.baseOffset).toBeGreaterThanOrEqual(next);
        next = batch.nextOffset;
        for (const { key, headers } of recordsIn(batch)) {
          found.set(String(key), Number(headers[0]!.value));
          this.read += 1;
        }
      }
      expect(batches.length, 'there is something up to the high watermark').toBeGreaterThan(0);
    }
    return found;
  }

  async #fetch(client: KafkaClient, fetchOffset: number) {
    const wanted = { partition: 0, fetchOffset, partitionMaxBytes: FETCH_BYTES };
    const { responses } = await client.request(Fetch, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes: FETCH_BYTES },
      topics: [{ topic: 'orders', topicId: this.topicId, partitions: [wanted] }],
    });
    const { errorCode, records, highWatermark } = responses[0]!.partitions[0]!;
    expect(errorCode).toBe(0);
    return { batches: [...batchesIn(records!)], highWatermark };
  }
}

const isTombstone = (number: number): boolean => number % 7 === 0;

function connect(port: number): Promise<KafkaClient> {
  const address = { host: '127.0.0.1', port };
  return KafkaClient.connect(address, { clientId: 'crash', timeoutMs: 30_000 });
}

async function createTopic(client: KafkaClient): Promise<string> {
  const configs = Object.entries(CONFIGS).map(([name, value]) => ({ name, value }));
  const counts = { numPartitions: 1, replicationFactor: 1, assignments: [] };
  const { topics } = await client.request(CreateTopics, {
    topics: [{ name: 'orders', ...counts, configs }],
  });
  expect(topics[0]!.errorCode).toBe(0);
  return topics[0]!.topicId;
}

test.each(ENGINES)(
  'the last value of each key is there, whenever the broker is killed while it compacts: %s',
  { timeout: 120_000 + SECONDS * 2000 },
  async storage => {
    const random = new SeededRandom(seedOfRun());
    const dataDir = await mkdtemp(join(tmpdir(), 'hexlog-crash-'));
    const writer = new KeyedWriter(random);
    // The next process is loading its code by the time it is wanted.
    const newBroker = (): BrokerProcess => new BrokerProcess(dataDir, SETTINGS, storage);
    let spare = newBroker();
    const end = Date.now() + SECONDS * 1000;
    let compactedAway = 0;
    // A log that was not compacted proves nothing: on a busy machine, brokers are killed until one has been.
    const enough = (): boolean => writer.next > KILLS * 10 && compactedAway > KEYS;
    try {
      for (let kills = 0; kills < KILLS || !enough() || Date.now() < end; kills++) {
        await using broker = spare.begin();
        spare = newBroker();
        const { port } = await broker.ready;
        const client = await connect(port);
        writer.topicId ||= await createTopic(client);
        if (kills > 0) {
          await writer.check(client);
          compactedAway = writer.next - writer.read;
        }
        const run = writer.run(client);
        await delay(100 + random.integer(400));
        await broker.kill();
        await run;
      }
    } catch (error) {
      throw new Error(`HEXLOG_SEED=${random.seed}`, { cause: error });
    } finally {
      await spare.kill();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
