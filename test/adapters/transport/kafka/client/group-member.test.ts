import { afterEach, beforeEach, expect, test } from 'vitest';
import { GroupMember } from '../../../../../src/adapters/transport/kafka/client/group-member.ts';
import { KafkaCluster } from '../../../../../src/adapters/transport/kafka/client/kafka-cluster.ts';
import { createTopic } from '../../../../../src/adapters/transport/kafka/client/topics.ts';
import { CreatePartitions } from '../../../../../src/adapters/transport/kafka/messages/create-partitions.ts';
import type { Cancel, Timers } from '../../../../../src/ports/timers.ts';
import { testBroker, type TestBroker } from '../../../../support/broker.ts';
import { RawClient } from '../../../../support/raw-client.ts';

const HEARTBEATS_PER_LOOK = 10;

/** A timer that runs out when the test says so, as soon as somebody has set it. */
class HandTimers implements Timers {
  #action: (() => void) | null = null;
  #waiting: (() => void)[] = [];

  after(_ms: number, action: () => void): Cancel {
    this.#action = action;
    for (const wake of this.#waiting.splice(0)) wake();
    return () => (this.#action = null);
  }

  async isSet(): Promise<void> {
    while (this.#action === null) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  async runOut(times = 1): Promise<void> {
    for (; times > 0; times--) {
      await this.isSet();
      this.#run();
    }
  }

  async runOutUntil(end: Promise<void>): Promise<void> {
    const ended = end.then(() => true);
    while (!(await Promise.race([ended, this.isSet().then(() => false)]))) this.#run();
  }

  #run(): void {
    const action = this.#action!;
    this.#action = null;
    action();
  }
}

let broker: TestBroker;
let cluster: KafkaCluster;
const members: GroupMember[] = [];
beforeEach(async () => {
  broker = await testBroker();
  const address = { host: '127.0.0.1', port: broker.port };
  cluster = await KafkaCluster.connect([address], { clientId: 'test', timeoutMs: 10_000 });
});
afterEach(async () => {
  await Promise.all(members.splice(0).map(member => member.leave()));
  await cluster.close();
  await broker[Symbol.asyncDispose]();
});

function memberOf(topic: string) {
  const timers = new HandTimers();
  // One that is not there yet may be asked for, as by clients that subscribe to many.
  const info = { name: topic, topicId: '', internal: false, partitions: [] };
  const member = new GroupMember({ cluster, groupId: 'g', topic: info, timers });
  members.push(member);
  return { member, timers };
}

async function create(name: string, partitions: number): Promise<void> {
  const configs = new Map<string, string>();
  await createTopic(cluster, { name, partitions, replicationFactor: null, configs });
}

async function growTo(name: string, count: number): Promise<void> {
  using client = await RawClient.connect(broker.port);
  const topics = [{ name, count, assignments: null }];
  const body = { topics, timeoutMs: 10_000, validateOnly: false };
  const { results } = await client.ask(CreatePartitions, 3, body);
  expect(results).toMatchObject([{ errorCode: 0 }]);
}

/** Two members, of which the first one leads. */
async function pair(topicOfTwo: string) {
  const one = memberOf('orders');
  const two = memberOf(topicOfTwo);
  const alone = await one.member.join();
  const joining = two.member.join();
  // Until the second one is known, the first is told that all is well.
  await one.timers.runOutUntil(alone.over);
  return { one, two, shares: await Promise.all([one.member.join(), joining]) };
}

test('the leader joins again when its topic has more partitions, and not before', async () => {
  await create('orders', 1);
  const { member, timers } = memberOf('orders');
  const { partitions, over } = await member.join();
  expect(partitions).toEqual([0]);
  const grown = over.then(() => 'over');
  await timers.runOut(2 * HEARTBEATS_PER_LOOK);
  expect(await Promise.race([grown, timers.isSet().then(() => 'alive')])).toBe('alive');
  await growTo('orders', 3);
  await timers.runOut(HEARTBEATS_PER_LOOK);
  expect(await grown).toBe('over');
  expect((await member.join()).partitions).toEqual([0, 1, 2]);
});

test('the others follow, and nobody else looks', async () => {
  await create('orders', 2);
  const { one, two, shares } = await pair('orders');
  expect(shares.flatMap(({ partitions }) => partitions).sort()).toEqual([0, 1]);
  await growTo('orders', 4);
  await two.timers.runOut(HEARTBEATS_PER_LOOK);
  await two.timers.isSet();
  await one.timers.runOutUntil(shares[0].over);
  const again = one.member.join();
  await two.timers.runOutUntil(shares[1].over);
  const all = await Promise.all([again, two.member.join()]);
  expect(all.flatMap(({ partitions }) => partitions).sort()).toEqual([0, 1, 2, 3]);
});

test('a topic that another member waits for is assigned when it is there', async () => {
  await create('orders', 1);
  const { one, two, shares } = await pair('later');
  expect(shares.map(({ partitions }) => partitions)).toEqual([[0], []]);
  await create('later', 1);
  await one.timers.runOutUntil(shares[0].over);
  const again = one.member.join();
  await two.timers.runOutUntil(shares[1].over);
  const all = await Promise.all([again, two.member.join()]);
  expect(all.map(({ partitions }) => partitions)).toEqual([[0], [0]]);
});
