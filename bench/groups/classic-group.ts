import {
  errorNameOf,
  expectSuccess,
} from '../../src/adapters/transport/kafka/client/client-error.ts';
import {
  rangeAssignments,
  subscriptionTo,
} from '../../src/adapters/transport/kafka/client/group-protocol.ts';
import { Heartbeat } from '../../src/adapters/transport/kafka/messages/heartbeat.ts';
import { JoinGroup } from '../../src/adapters/transport/kafka/messages/join-group.ts';
import { LeaveGroup } from '../../src/adapters/transport/kafka/messages/leave-group.ts';
import { SyncGroup } from '../../src/adapters/transport/kafka/messages/sync-group.ts';
import type { Reads } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { decodeResponse, encodeRequest, type RawClient } from '../raw-client.ts';
import { call, type Beat, type BenchGroup, type Place } from './bench-group.ts';

interface Member {
  readonly client: RawClient;
  readonly memberId: string;
}

type Joined = Reads<typeof JoinGroup.response>;
type Assignments = ReturnType<typeof rangeAssignments>;

const JOIN = { api: JoinGroup, version: 9 };
const SYNC = { api: SyncGroup, version: 5 };
const LEAVE = { api: LeaveGroup, version: 5 };
const HEARTBEAT_VERSION = 4;
const PROTOCOL = { protocolType: 'consumer', protocolName: 'range' };
const TIMEOUT_MS = 60_000;

/** A group of the classic protocol whose leader assigns ranges. */
export class ClassicGroup implements BenchGroup {
  readonly #place: Place;
  #members: Member[] = [];
  #generationId = -1;

  constructor(place: Place) {
    this.#place = place;
  }

  async form(): Promise<void> {
    this.#members = await Promise.all(this.#place.clients.map(client => this.#announce(client)));
    await this.#rebalance();
  }

  async replaceOne(): Promise<void> {
    const { groupId } = this.#place;
    const [leaving, ...staying] = this.#members;
    const { client, memberId } = leaving!;
    this.#members = [...staying, await this.#announce(client)];
    const { errorCode } = await call(client, LEAVE, { groupId, members: [{ memberId }] });
    expectSuccess(errorCode, `leave ${groupId}`);
    await this.#rebalance();
  }

  beats(): Beat[] {
    const { groupId } = this.#place;
    return this.#members.map(({ client, memberId }) => {
      const body = { groupId, generationId: this.#generationId, memberId };
      const request = encodeRequest(Heartbeat, HEARTBEAT_VERSION, body);
      return { client, request, check: checkBeat };
    });
  }

  /** A member id, without which no member is let in (KIP-394). */
  async #announce(client: RawClient): Promise<Member> {
    const { errorCode, memberId } = await this.#join({ client, memberId: '' });
    const name = errorNameOf(errorCode);
    if (name !== 'MEMBER_ID_REQUIRED') throw new Error(`a new member was answered ${name}`);
    return { client, memberId };
  }

  async #rebalance(): Promise<void> {
    const joined = await Promise.all(this.#members.map(member => this.#join(member)));
    for (const { errorCode } of joined) expectSuccess(errorCode, `join ${this.#place.groupId}`);
    const { leader, generationId } = joined[0]!;
    const { members } = joined.find(({ memberId }) => memberId === leader)!;
    if (members.length !== joined.length) {
      throw new Error(`${members.length} of ${joined.length} members joined at once`);
    }
    this.#generationId = generationId;
    const assignments = rangeAssignments(members, [this.#place.topic]);
    await Promise.all(
      this.#members.map(member =>
        this.#sync(member, member.memberId === leader ? assignments : []),
      ),
    );
  }

  #join({ client, memberId }: Member): Promise<Joined> {
    const { groupId, topic } = this.#place;
    return call(client, JOIN, {
      ...{ groupId, memberId, protocolType: PROTOCOL.protocolType },
      ...{ sessionTimeoutMs: TIMEOUT_MS, rebalanceTimeoutMs: TIMEOUT_MS },
      protocols: [{ name: PROTOCOL.protocolName, metadata: subscriptionTo(topic.name) }],
    });
  }

  async #sync({ client, memberId }: Member, assignments: Assignments): Promise<void> {
    const { groupId } = this.#place;
    const generationId = this.#generationId;
    const body = { groupId, generationId, memberId, ...PROTOCOL, assignments };
    const { errorCode, assignment } = await call(client, SYNC, body);
    expectSuccess(errorCode, `sync with ${groupId}`);
    if (assignment.length === 0) throw new Error(`a member of ${groupId} was assigned nothing`);
  }
}

function checkBeat(frame: Buffer): void {
  const { errorCode } = decodeResponse(Heartbeat, HEARTBEAT_VERSION, frame);
  expectSuccess(errorCode, 'heartbeat');
}
