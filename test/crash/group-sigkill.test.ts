import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ClientError } from '../../src/adapters/transport/kafka/client/client-error.ts';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { OffsetCommit } from '../../src/adapters/transport/kafka/messages/offset-commit.ts';
import { OffsetFetch } from '../../src/adapters/transport/kafka/messages/offset-fetch.ts';
import { STORAGE_ENGINES } from '../../src/main/broker-options.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

/** Fewer for the databases, whose core they share, and which `sigkill.test.ts` kills as often as segment files. */
const KILLS = { 'segment-files': 6, sqlite: 3, leveldb: 3, lmdb: 3 };
const SECONDS = Number(process.env['HEXLOG_CRASH_SECONDS'] ?? 0);
/** Every engine that outlives its process. */
const ENGINES = STORAGE_ENGINES.filter(engine => engine !== 'memory');
const COORDINATOR_LOAD_IN_PROGRESS = 14;

/** Commits one offset after the other for a group, and knows which were acknowledged. */
class Committer {
  readonly groupId: string;
  sent = 0;
  acknowledged = -1;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  /** Until the connection ends. */
  async run(client: KafkaClient, topicId: string): Promise<void> {
    try {
      for (;;) await this.#commit(client, topicId);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'closed') throw error;
    }
  }

  /** What was acknowledged is there, or what was sent after it. */
  async check(client: KafkaClient, topicId: string): Promise<void> {
    const topics = [{ topicId, partitionIndexes: [0] }];
    const request = { groups: [{ groupId: this.groupId, topics }], requireStable: true };
    const { groups } = await client.request(OffsetFetch, request);
    const { errorCode, topics: answered } = groups[0]!;
    expect([0, COORDINATOR_LOAD_IN_PROGRESS]).toContain(errorCode);
    if (errorCode !== 0) return this.check(client, topicId);
    const { committedOffset } = answered[0]!.partitions[0]!;
    expect(committedOffset).toBeGreaterThanOrEqual(this.acknowledged);
    expect(committedOffset).toBeLessThanOrEqual(this.sent);
  }

  async #commit(client: KafkaClient, topicId: string): Promise<void> {
    const offset = ++this.sent;
    const partition = { partitionIndex: 0, committedOffset: offset, committedMetadata: null };
    const { topics } = await client.request(OffsetCommit, {
      ...{ groupId: this.groupId, generationIdOrMemberEpoch: -1, memberId: '' },
      topics: [{ topicId, partitions: [partition] }],
    });
    if (topics[0]!.partitions[0]!.errorCode === 0) this.acknowledged = offset;
  }
}

function connect(port: number): Promise<KafkaClient> {
  const address = { host: '127.0.0.1', port };
  return KafkaClient.connect(address, { clientId: 'crash', timeoutMs: 30_000 });
}

async function createTopic(port: number): Promise<string> {
  const client = await connect(port);
  const counts = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await client.request(CreateTopics, {
    topics: [{ name: 'orders', ...counts }],
  });
  await client.close();
  return topics[0]!.topicId;
}

test.concurrent.each(ENGINES)(
  '%s: a commit that was acknowledged is there, whenever the broker is killed',
  { timeout: 120_000 + SECONDS * 2000 },
  async storage => {
    const random = new SeededRandom(seedOfRun());
    const dataDir = await mkdtemp(join(tmpdir(), 'hexlog-crash-'));
    const committers = ['a', 'b', 'c', 'd'].map(groupId => new Committer(groupId));
    let topicId = '';
    const end = Date.now() + SECONDS * 1000;
    // Brokers of a busy machine are killed before they did much: there are more of them, then.
    const enough = (): boolean => committers.every(each => each.acknowledged > KILLS[storage]);
    try {
      for (let kills = 0; kills < KILLS[storage] || !enough() || Date.now() < end; kills++) {
        await using broker = new BrokerProcess(dataDir, {}, storage).begin();
        const { port } = await broker.ready;
        topicId ||= await createTopic(port);
        const clients = await Promise.all(committers.map(() => connect(port)));
        const pairs = committers.map((committer, at) => [committer, clients[at]!] as const);
        if (kills > 0) {
          await Promise.all(pairs.map(([committer, client]) => committer.check(client, topicId)));
        }
        const runs = pairs.map(([committer, client]) => committer.run(client, topicId));
        await delay(20 + random.integer(200));
        await broker.kill();
        await Promise.all(runs);
      }
    } catch (error) {
      throw new Error(`HEXLOG_SEED=${random.seed}`, { cause: error });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
