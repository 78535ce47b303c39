import { describe, expect, test } from 'vitest';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';
import { BrokerError } from '../../../../src/domain/model/error.ts';
import type { AssignedTopic } from '../../../../src/domain/model/group/group-events.ts';
import type { ConsumerMember } from '../../../../src/domain/model/group/consumer/consumer-member.ts';
import { describeGroup } from '../../../../src/domain/model/group/consumer/description.ts';
import { compacted, ConsumerWorld, REBALANCE_MS, SESSION_MS } from './consumer-world.ts';

const SCHEDULES = Number(process.env['HEXLOG_SCHEDULES'] ?? 2_000);
const STEPS = 60;
const TOPICS = ['orders', 'payments', 'stock', 'stock-eu'];

type Subscription = { readonly topics: readonly string[] | null; readonly regex: string | null };

/** A consumer as clients are: it revokes in its own time, tells what it owns, and gives all up when it is fenced. */
class Consumer {
  readonly name: string;
  readonly instanceId: string | null;
  memberId = '';
  epoch = 0;
  alive = false;
  /** Until then it does nothing, and may find itself fenced. */
  stalledUntilMs = 0;
  /** Partitions that it consumes, as `topicId/partition`. */
  readonly owned = new Set<string>();
  subscription: Subscription = { topics: [], regex: null };
  assignor: string | null = null;
  #incarnation = 0;
  #wanted: ReadonlySet<string> | null = null;
  #revokedAtMs = 0;
  #full = true;

  constructor(name: string, instanceId: string | null) {
    this.name = name;
    this.instanceId = instanceId;
  }

  start(subscription: Subscription): void {
    this.memberId = `${this.name}-${++this.#incarnation}`;
    this.subscription = subscription;
    this.alive = true;
    this.rejoin();
  }

  /** A crash: nobody hears of it again. */
  stop(): void {
    this.alive = false;
    this.owned.clear();
    this.#wanted = null;
  }

  rejoin(): void {
    this.owned.clear();
    this.#wanted = null;
    this.epoch = 0;
    this.#full = true;
  }

  resubscribe(subscription: Subscription): void {
    this.subscription = subscription;
    this.#full = true;
  }

  leave(world: ConsumerWorld, epoch: number): void {
    this.owned.clear();
    const { memberId, instanceId } = this;
    this.alive = false;
    this.#exchange(() => world.heartbeat({ memberId, instanceId, memberEpoch: epoch }), true);
  }

  /** One heartbeat; whether the answer is lost, and how long the next revocation takes, is said from outside. */
  beat(world: ConsumerWorld, luck: { readonly lost: boolean; readonly revokeMs: number }): void {
    this.#reconcile(world);
    const { memberId, instanceId, epoch } = this;
    const request = { memberId, instanceId, memberEpoch: epoch, owned: listed(this.owned) };
    const told = {
      rebalanceTimeoutMs: REBALANCE_MS,
      subscribedTopics: this.subscription.topics ?? [],
      subscribedRegex: this.subscription.regex ?? '',
      serverAssignor: this.assignor,
    };
    this.#exchange(() => {
      const answer = world.heartbeat(this.#full ? { ...request, ...told } : request);
      if (luck.lost) {
        this.#full = true;
        return;
      }
      this.epoch = answer.memberEpoch;
      this.#full = false;
      if (answer.assignment === null) return;
      this.#wanted = flat(answer.assignment);
      const revokes = [...this.owned].some(each => !this.#wanted!.has(each));
      this.#revokedAtMs = world.nowMs + (revokes ? luck.revokeMs : 0);
    }, luck.lost);
    this.#reconcile(world);
  }

  /** First gives up, then takes. */
  #reconcile(world: ConsumerWorld): void {
    if (this.#wanted === null || world.nowMs < this.#revokedAtMs) return;
    this.owned.clear();
    for (const each of this.#wanted) this.owned.add(each);
    this.#wanted = null;
  }

  #exchange(talk: () => void, lost: boolean): void {
    try {
      talk();
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      if (!EXPECTED.has(error.code)) throw error;
      if (lost) this.#full = true;
      else if (this.alive && error.code !== 'UNRELEASED_INSTANCE_ID') this.rejoin();
    }
  }
}

const EXPECTED = new Set([
  'UNKNOWN_MEMBER_ID',
  'FENCED_MEMBER_EPOCH',
  'FENCED_INSTANCE_ID',
  'UNRELEASED_INSTANCE_ID',
  'GROUP_ID_NOT_FOUND',
]);

const flat = (topics: readonly AssignedTopic[]) =>
  new Set(
    topics.flatMap(({ topicId, partitions }) => partitions.map(each => `${topicId}/${each}`)),
  );

function listed(owned: ReadonlySet<string>): AssignedTopic[] {
  return [...owned].map(each => {
    const [topicId, partition] = each.split('/');
    return { topicId: topicId!, partitions: [Number(partition)] };
  });
}

class Schedule {
  readonly random: SeededRandom;
  readonly world = new ConsumerWorld();
  readonly consumers: Consumer[];
  #epoch = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    for (const topic of TOPICS.slice(0, 3)) this.world.topic(topic, 1 + this.random.integer(5));
    const count = 2 + this.random.integer(4);
    this.consumers = Array.from(
      { length: count },
      (_, index) => new Consumer(`c${index}`, this.random.integer(3) === 0 ? `i${index}` : null),
    );
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) {
      this.#step(this.random.pick(this.consumers));
      this.world.pass(this.random.integer(this.random.integer(12) === 0 ? 20_000 : 3_000));
      this.#check();
    }
    this.#settle();
  }

  #step(consumer: Consumer): void {
    const { random, world } = this;
    const chance = random.integer(100);
    if (chance < 4) this.#changeTopics();
    else if (chance < 7) this.#restart();
    else if (!consumer.alive) {
      consumer.assignor = random.pick([null, null, 'uniform', 'range']);
      consumer.start(this.#subscription());
    } else if (chance < 10) consumer.stop();
    else if (chance < 14) consumer.leave(world, consumer.instanceId && random.integer(2) ? -2 : -1);
    else if (chance < 18) consumer.resubscribe(this.#subscription());
    else if (chance < 21) consumer.stalledUntilMs = world.nowMs + random.integer(2 * SESSION_MS);
    else if (consumer.stalledUntilMs <= world.nowMs) this.#beat(consumer);
  }

  #beat(consumer: Consumer): void {
    const slow = this.random.integer(10) === 0;
    const revokeMs = this.random.integer(slow ? 2 * REBALANCE_MS : 10_000);
    consumer.beat(this.world, { lost: this.random.integer(8) === 0, revokeMs });
  }

  #subscription(): Subscription {
    const { random } = this;
    const kind = random.integer(4);
    if (kind === 0) return { topics: null, regex: random.pick(['sto.*', 'orders|stock', '.*']) };
    if (kind === 1) return { topics: TOPICS.filter(() => random.integer(2) === 0), regex: null };
    return { topics: TOPICS.slice(0, 2), regex: null };
  }

  #changeTopics(): void {
    const { random, world } = this;
    const name = random.pick(TOPICS);
    const present = world.topics().find(topic => topic.name === name);
    if (present && random.integer(4) === 0) world.drop(name);
    else world.topic(name, (present?.partitionCount ?? 0) + 1 + random.integer(3));
  }

  /** The same comes out of the log, compacted or not. */
  #restart(): void {
    const { world } = this;
    const before = this.#description();
    const choice = this.random.integer(3);
    const cut = this.random.integer(world.log.length + 1);
    const head = compacted(world.log.slice(0, cut), choice === 1);
    world.restart(choice === 0 ? world.log : [...head, ...world.log.slice(cut)]);
    expect(this.#description()).toEqual(before);
  }

  #description() {
    const group = this.world.groups.get('g');
    if (!group) return null;
    const { members, ...rest } = describeGroup(group, this.world.environment());
    const sorted = [...members].sort((one, other) => (one.memberId < other.memberId ? -1 : 1));
    return { ...rest, members: sorted.map(each => ({ ...each, text: sortedText(each) })) };
  }

  /** Consumers that the group knows never consume the same partition, and the group epoch never falls. */
  #check(): void {
    const group = this.world.groups.get('g');
    if (!group) return;
    if (group.epoch < this.#epoch) throw new Error(`epoch ${this.#epoch}, then ${group.epoch}`);
    this.#epoch = group.epoch;
    const owners = new Map<string, string>();
    for (const { memberId, owned, alive } of this.consumers) {
      if (!alive || !group.members.has(memberId)) continue;
      for (const each of owned) {
        if (owners.has(each)) throw new Error(`${each}: ${owners.get(each)} and ${memberId}`);
        owners.set(each, memberId);
      }
    }
    this.#checkAssigned(group.members);
  }

  #checkAssigned(members: ReadonlyMap<string, ConsumerMember>): void {
    const assigned = new Set<string>();
    for (const member of members.values()) {
      if (member.epoch > this.#epoch) throw new Error(`${member.memberId} is ahead of its group`);
      for (const [topicId, partitions] of member.assigned) {
        for (const partition of partitions.keys()) {
          const key = `${topicId}/${partition}`;
          if (assigned.has(key)) throw new Error(`${key} is assigned twice`);
          assigned.add(key);
        }
      }
    }
  }

  /** Nothing goes wrong any more: the group becomes stable, and everything that somebody wants has one consumer. */
  #settle(): void {
    const { world } = this;
    for (const consumer of this.consumers) {
      if (!consumer.alive) consumer.start({ topics: TOPICS.slice(0, 2), regex: null });
    }
    for (let round = 0; round < 30; round++) {
      for (const consumer of this.consumers) {
        consumer.beat(world, { lost: false, revokeMs: 0 });
        this.#check();
      }
      world.pass(6_000);
    }
    const group = world.groups.get('g')!;
    expect(group.state).toBe('Stable');
    expect([...group.members.keys()].sort()).toEqual(
      this.consumers.map(({ memberId }) => memberId).sort(),
    );
    const consumed = this.consumers.flatMap(({ owned }) => [...owned]);
    expect(consumed.sort()).toEqual(this.#wanted().sort());
  }

  #wanted(): string[] {
    return this.world.topics().flatMap(({ id, name, partitionCount }) => {
      const isWanted = this.consumers.some(
        ({ subscription: { topics, regex } }) =>
          topics?.includes(name) || (regex !== null && new RegExp(`^(?:${regex})$`).test(name)),
      );
      return isWanted ? Array.from({ length: partitionCount }, (_, each) => `${id}/${each}`) : [];
    });
  }
}

const sortedText = ({ assignment }: { readonly assignment: readonly AssignedTopic[] }) =>
  [...flat(assignment)].sort().join(' ');

describe('a consumer group', () => {
  test(`never gives a partition to two members and becomes stable again, in ${SCHEDULES} schedules`, () => {
    const first = seedOfRun();
    for (let seed = first; seed < first + SCHEDULES; seed++) {
      try {
        new Schedule(seed).run();
      } catch (error) {
        throw new Error(`HEXLOG_SEED=${seed} HEXLOG_SCHEDULES=1`, { cause: error });
      }
    }
  }, 120_000);
});
