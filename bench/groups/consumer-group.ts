import { randomUUID } from 'node:crypto';
import { expectSuccess } from '../../src/adapters/transport/kafka/client/client-error.ts';
import { ConsumerGroupHeartbeat } from '../../src/adapters/transport/kafka/messages/consumer-group-heartbeat.ts';
import type { Reads } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { decodeResponse, encodeRequest, type RawClient } from '../raw-client.ts';
import { call, type Beat, type BenchGroup, type Place } from './bench-group.ts';

interface Member {
  readonly client: RawClient;
  readonly memberId: string;
  epoch: number;
  owned: readonly { readonly topicId: string; readonly partitions: readonly number[] }[];
}

type Answer = Reads<typeof ConsumerGroupHeartbeat.response>;

const VERSION = 1;
const HEARTBEAT = { api: ConsumerGroupHeartbeat, version: VERSION };
const JOIN_EPOCH = 0;
const LEAVE_EPOCH = -1;
const REBALANCE_TIMEOUT_MS = 60_000;
/** A partition changes hands in two heartbeats of who has it and one of who gets it. */
const ROUNDS_MAX = 20;

/** A group of the consumer protocol (KIP-848), for which the broker assigns with `uniform`; its members hurry while it is not settled. */
export class ConsumerGroup implements BenchGroup {
  readonly #place: Place;
  #members: Member[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  async form(): Promise<void> {
    this.#members = await Promise.all(this.#place.clients.map(client => this.#join(client)));
    await this.#settle();
  }

  async replaceOne(): Promise<void> {
    const { groupId } = this.#place;
    const [leaving, ...staying] = this.#members;
    const { client, memberId } = leaving!;
    const body = { groupId, memberId, memberEpoch: LEAVE_EPOCH };
    expectOne(await call(client, HEARTBEAT, body));
    this.#members = [...staying, await this.#join(client)];
    await this.#settle();
  }

  beats(): Beat[] {
    const { groupId } = this.#place;
    return this.#members.map(({ client, memberId, epoch }) => {
      const body = { groupId, memberId, memberEpoch: epoch };
      const request = encodeRequest(ConsumerGroupHeartbeat, VERSION, body);
      return { client, request, check: checkBeat };
    });
  }

  async #join(client: RawClient): Promise<Member> {
    const { groupId, topic } = this.#place;
    const member: Member = { client, memberId: randomUUID(), epoch: JOIN_EPOCH, owned: [] };
    const answer = await call(client, HEARTBEAT, {
      ...{ groupId, memberId: member.memberId, memberEpoch: JOIN_EPOCH, serverAssignor: 'uniform' },
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      ...{ subscribedTopicNames: [topic.name], topicPartitions: [] },
    });
    learn(member, answer);
    return member;
  }

  /** Everybody tells what it has, again and again, until nothing changes any more. */
  async #settle(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const news = await Promise.all(this.#members.map(member => this.#tell(member)));
      if (!news.includes(true)) return this.#expectAllOwned();
    }
    throw new Error(`${this.#place.groupId} is not settled after ${ROUNDS_MAX} rounds`);
  }

  /** Whether the answer told anything new. */
  async #tell(member: Member): Promise<boolean> {
    const { client, memberId, epoch, owned } = member;
    const { groupId } = this.#place;
    const body = { groupId, memberId, memberEpoch: epoch, topicPartitions: owned };
    const answer = await call(client, HEARTBEAT, body);
    learn(member, answer);
    return member.epoch !== epoch || answer.assignment !== null;
  }

  #expectAllOwned(): void {
    const { groupId, topic } = this.#place;
    const owned = this.#members.flatMap(one => one.owned.flatMap(({ partitions }) => partitions));
    const distinct = new Set(owned).size;
    if (owned.length !== distinct || distinct !== topic.partitions.length) {
      throw new Error(`${groupId} has ${owned.length} partitions, ${distinct} of them distinct`);
    }
  }
}

function expectOne({ errorCode, errorMessage }: Answer): void {
  expectSuccess(errorCode, 'heartbeat', errorMessage);
}

function learn(member: Member, answer: Answer): void {
  expectOne(answer);
  member.epoch = answer.memberEpoch;
  member.owned = answer.assignment?.topicPartitions ?? member.owned;
}

function checkBeat(frame: Buffer): void {
  expectOne(decodeResponse(ConsumerGroupHeartbeat, VERSION, frame));
}
