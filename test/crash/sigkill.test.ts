import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { Metadata } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import type { StorageEngine } from '../../src/main/broker-options.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { NumberedLog } from '../support/numbered-log.ts';
import { NumberedProducer } from '../support/numbered-producer.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';
import { TopicMaker } from '../support/topic-maker.ts';

const KILLS = 8;
/** Set, it is how long to go on beyond these kills. */
const SECONDS = Number(process.env['HEXLOG_CRASH_SECONDS'] ?? 0);
const PARTITIONS = 3;
/** A megabyte is the least that Kafka takes: a few rolls for each life of the broker. */
const SETTINGS = { 'log.segment.bytes': '1048576', 'log.index.interval.bytes': '512' };
const PRODUCERS = [
  { partition: 0, acks: -1, idempotent: true },
  { partition: 0, acks: -1, idempotent: true },
  { partition: 0, acks: 1, idempotent: false },
  { partition: 1, acks: 1, idempotent: true },
  { partition: 2, acks: -1, idempotent: false },
] as const;

/** Every engine that outlives its process. */
const ENGINES = ['segment-files', 'sqlite', 'leveldb', 'lmdb'] as const;

/** What the clients remember while brokers come and go on one data directory. */
class CrashRun implements AsyncDisposable {
  readonly #storage: StorageEngine;
  readonly #dataDir: string;
  readonly #random: SeededRandom;
  readonly #maker = new TopicMaker();
  #topic = { name: 'numbers', topicId: '' };
  #producers: NumberedProducer[] = [];
  #logs: NumberedLog[] = [];
  #clusterId: string | null = null;
  #epoch = -1;
  #spare: BrokerProcess;
  kills = 0;
  killsInFlight = 0;
  tornTails = 0;

  constructor(storage: StorageEngine, dataDir: string, random: SeededRandom) {
    this.#storage = storage;
    this.#dataDir = dataDir;
    this.#random = random;
    this.#spare = this.#newBroker();
  }

  get acknowledged(): number {
    return this.#producers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }
  get topicsMade(): number {
    return this.#maker.made.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#spare.kill();
  }

  /** One life of a broker: it recovers, is checked, serves, and is killed at a random moment of any of these. */
  async live(): Promise<void> {
    await using broker = this.#begin();
    if (this.#clusterId !== null && this.#random.integer(4) === 0) {
      await broker.opening;
      await delay(this.#random.integer(30));
      await this.#kill(broker);
      return;
    }
    const { port, clusterId } = await broker.ready;
    this.#clusterId ??= clusterId;
    expect(clusterId, 'it is the same cluster').toBe(this.#clusterId);
    await this.#check(port);
    await this.#load(broker, port);
    if (this.#storage === 'segment-files' && this.#random.integer(2) === 0) await this.#tearTail();
  }

  /** The last life: whoever waits for an answer gets it, and everything is read once more from the start. */
  async end(): Promise<void> {
    await using broker = this.#begin();
    const { port } = await broker.ready;
    await this.#check(port);
    const client = await connect(port);
    for (const producer of this.#producers) await producer.settle(client);
    for (const log of this.#newLogs()) await log.check(client);
    for (const { options, next, acknowledged } of this.#producers) {
      if (!options.idempotent) continue;
      const records = acknowledged.reduce((sum, { count }) => sum + count, 0);
      expect(records, `${options.name} was told of every record once`).toBe(next);
    }
    await client.close();
    await broker.stop();
  }

  /** The next process is loading its code by the time it is wanted. */
  #begin(): BrokerProcess {
    const broker = this.#spare.begin();
    this.#spare = this.#newBroker();
    return broker;
  }

  #newBroker(): BrokerProcess {
    return new BrokerProcess(this.#dataDir, SETTINGS, this.#storage);
  }

  async #check(port: number): Promise<void> {
    const client = await connect(port);
    if (this.#producers.length === 0) await this.#createTopic(client);
    const { topics } = await client.request(Metadata, { topics: [{ name: this.#topic.name }] });
    const epochs = new Set(topics[0]!.partitions.map(({ leaderEpoch }) => leaderEpoch));
    expect(epochs.size).toBe(1);
    const [epoch] = epochs;
    expect(epoch, 'every start has a higher epoch').toBeGreaterThan(this.#epoch);
    this.#epoch = epoch!;
    for (const log of this.#logs) await log.check(client);
    await this.#maker.check(client);
    await client.close();
  }

  async #createTopic(client: KafkaClient): Promise<void> {
    const { name } = this.#topic;
    const counts = { numPartitions: PARTITIONS, replicationFactor: 1 };
    const topics = [{ name, ...counts, assignments: [], configs: [] }];
    const created = await client.request(CreateTopics, { topics });
    expect(created.topics[0]!.errorCode).toBe(0);
    const topic = (this.#topic = { name, topicId: created.topics[0]!.topicId });
    this.#producers = PRODUCERS.map((options, at) => {
      const random = new SeededRandom(this.#random.seed + at);
      return new NumberedProducer({ name: `producer-${at}`, topic, random, ...options });
    });
    this.#logs = this.#newLogs();
  }

  #newLogs(): NumberedLog[] {
    return Array.from({ length: PARTITIONS }, (_, partition) => {
      const writers = this.#producers.filter(({ options }) => options.partition === partition);
      return new NumberedLog({ ...this.#topic, partition }, writers);
    });
  }

  async #load(broker: BrokerProcess, port: number): Promise<void> {
    const roles = [this.#maker, ...this.#producers];
    const clients = await Promise.all(roles.map(() => connect(port)));
    const ended = Promise.all(roles.map((role, at) => role.run(clients[at]!)));
    await Promise.race([delay(30 + this.#random.integer(250)), ended]);
    if (this.#random.integer(4) === 0) {
      broker.beginStop();
      await delay(this.#random.integer(30));
    }
    const inFlight = this.#producers.reduce((sum, producer) => sum + producer.inFlight, 0);
    if (inFlight > 0) this.killsInFlight += 1;
    await this.#kill(broker);
    await ended;
  }

  async #kill(broker: BrokerProcess): Promise<void> {
    await broker.kill();
    this.kills += 1;
  }

  /** A write that a dying process had begun. The kernel seldom leaves one behind, so the test does. */
  async #tearTail(): Promise<void> {
    const partition = this.#random.integer(PARTITIONS);
    const names = await readdir(this.#dataDir);
    const directory = names.find(name => name.startsWith(`${this.#topic.name}-${partition}.`));
    if (directory === undefined) return;
    const files = await readdir(join(this.#dataDir, directory));
    const active = files
      .filter(name => name.endsWith('.log'))
      .sort()
      .at(-1);
    if (active === undefined) return;
    const torn = Buffer.alloc(1 + this.#random.integer(3000), this.#random.integer(256));
    await appendFile(join(this.#dataDir, directory, active), torn);
    this.tornTails += 1;
  }
}

function connect(port: number): Promise<KafkaClient> {
  const address = { host: '127.0.0.1', port };
  return KafkaClient.connect(address, { clientId: 'crash', timeoutMs: 30_000 });
}

test.each(ENGINES)(
  '%s: what was acknowledged, with acks=all or acks=1, survives SIGKILL: in order, once',
  { timeout: 120_000 + SECONDS * 2000 },
  async storage => {
    const seed = seedOfRun();
    const dataDir = await mkdtemp(join(tmpdir(), 'hexlog-crash-'));
    await using run = new CrashRun(storage, dataDir, new SeededRandom(seed));
    const until = Date.now() + SECONDS * 1000;
    try {
      while (run.kills < KILLS || Date.now() < until) await run.live();
      await run.end();
    } catch (cause) {
      throw new Error(`seed ${seed}, after ${run.kills} kills`, { cause });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
    const { kills, killsInFlight, acknowledged, topicsMade, tornTails } = run;
    console.log(
      `SIGKILL: ${storage}, seed ${seed}, ${kills} kills, ${killsInFlight} with requests in flight, ${acknowledged} batches and ` +
        `${topicsMade} topics acknowledged, ${tornTails} tails torn`,
    );
    expect(acknowledged, 'a history without acknowledgements proves nothing').toBeGreaterThan(100);
    expect(topicsMade).toBeGreaterThan(0);
    expect(killsInFlight, 'a kill that interrupts nothing proves nothing').toBeGreaterThan(0);
  },
);
