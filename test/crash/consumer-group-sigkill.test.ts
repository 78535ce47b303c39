import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ClientError } from '../../src/adapters/transport/kafka/client/client-error.ts';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { ConsumerGroupHeartbeat } from '../../src/adapters/transport/kafka/messages/consumer-group-heartbeat.ts';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

const KILLS = 6;
const SECONDS = Number(process.env['HEXLOG_CRASH_SECONDS'] ?? 0);
const PARTITIONS = 7;
const COORDINATOR_LOAD_IN_PROGRESS = 14;
const JOIN_EPOCH = 0;
const LEAVE_EPOCH = -1;

/** A member of a consumer group that does what it is told at once, and leaves and joins as it likes. */
class Member {
  readonly memberId: string;
  epoch = JOIN_EPOCH;
  topicId = '';
  owned: readonly number[] = [];
  beats = 0;
  readonly #random: SeededRandom;

  constructor(memberId: string, random: SeededRandom) {
    this.memberId = memberId;
    this.#random = random;
  }

  /** Until the connection ends. `check` is called whenever it owns something else than before. */
  async run(client: KafkaClient, check: () => void): Promise<void> {
    try {
      for (;;) {
        await this.#beat(client, check);
        if (this.#random.integer(30) === 0 && this.epoch > JOIN_EPOCH) await this.#leave(client);
      }
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'closed') throw error;
    }
  }

  async #beat(client: KafkaClient, check: () => void): Promise<void> {
    const { memberId, topicId, owned } = this;
    const topicPartitions = owned.length === 0 ? [] : [{ topicId, partitions: [...owned] }];
    const answer = await client.request(ConsumerGroupHeartbeat, {
      ...{ groupId: 'g', memberId, memberEpoch: this.epoch, rebalanceTimeoutMs: 60_000 },
      ...{ subscribedTopicNames: ['orders'], topicPartitions },
    });
    if (answer.errorCode === COORDINATOR_LOAD_IN_PROGRESS) return;
    // Nobody who was told of an epoch is fenced: what was told had been written.
    expect([answer.errorCode, answer.errorMessage]).toEqual([0, null]);
    this.epoch = answer.memberEpoch;
    this.beats += 1;
    if (answer.assignment === null) return;
    const [topic] = answer.assignment.topicPartitions;
    this.topicId = topic?.topicId ?? this.topicId;
    this.owned = topic?.partitions ?? [];
    check();
  }

  /** What it had is no longer its own from the moment on that it says so. */
  async #leave(client: KafkaClient): Promise<void> {
    this.owned = [];
    this.epoch = JOIN_EPOCH;
    const { memberId } = this;
    const request = { groupId: 'g', memberId, memberEpoch: LEAVE_EPOCH };
    const { errorCode } = await client.request(ConsumerGroupHeartbeat, request);
    expect([0, COORDINATOR_LOAD_IN_PROGRESS]).toContain(errorCode);
  }
}

function connect(port: number): Promise<KafkaClient> {
  const address = { host: '127.0.0.1', port };
  return KafkaClient.connect(address, { clientId: 'crash', timeoutMs: 30_000 });
}

async function createTopic(port: number): Promise<void> {
  const client = await connect(port);
  const counts = { replicationFactor: 1, assignments: [], configs: [] };
  const topics = [{ name: 'orders', numPartitions: PARTITIONS, ...counts }];
  await client.request(CreateTopics, { topics });
  await client.close();
}

test(
  'members go on with their epochs and what they own, whenever the broker is killed',
  { timeout: 120_000 + SECONDS * 2000 },
  async () => {
    const random = new SeededRandom(seedOfRun());
    const dataDir = await mkdtemp(join(tmpdir(), 'hexlog-crash-'));
    const members = ['a', 'b', 'c'].map(id => new Member(id, random));
    const check = (): void => {
      const owned = members.flatMap(member => member.owned);
      expect(new Set(owned).size).toBe(owned.length);
    };
    const end = Date.now() + SECONDS * 1000;
    // Brokers of a busy machine are killed before they did much: there are more of them, then.
    const enough = (): boolean => members.every(({ beats }) => beats > KILLS);
    try {
      for (let kills = 0; kills < KILLS || !enough() || Date.now() < end; kills++) {
        await using broker = new BrokerProcess(dataDir).begin();
        const { port } = await broker.ready;
        if (kills === 0) await createTopic(port);
        const clients = await Promise.all(members.map(() => connect(port)));
        const runs = members.map((member, at) => member.run(clients[at]!, check));
        await Promise.race([delay(20 + random.integer(200)), ...runs]);
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
