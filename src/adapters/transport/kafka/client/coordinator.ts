import { FindCoordinator } from '../messages/find-coordinator.ts';
import type { Fields } from '../wire/field.ts';
import type { Read } from '../wire/schema.ts';
import type { Address } from './address.ts';
import { ClientError, errorNameOf, expectSuccess } from './client-error.ts';
import type { Body, KafkaClient, Typed } from './kafka-client.ts';
import { whilePassing, type KafkaCluster } from './kafka-cluster.ts';

/** The broker that coordinates a group. */
export interface CoordinatorInfo extends Address {
  readonly id: number;
}

interface Found {
  readonly info: CoordinatorInfo;
  readonly client: KafkaClient;
}

const GROUP = 0;
const FIRST_VERSION_WITH_MANY = 4;
/** What a group answers with while its coordinator starts or has moved. */
const MOVING = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]);

/** The coordinator of one group, over a connection of its own, looked for again when it moves. */
export class Coordinator {
  readonly groupId: string;
  readonly #cluster: KafkaCluster;
  /** Every connection that was opened; those to where the coordinator was may still bring answers. */
  readonly #opened: Promise<Found>[] = [];
  #found: Promise<Found> | null = null;
  #isClosed = false;

  constructor(cluster: KafkaCluster, groupId: string) {
    this.#cluster = cluster;
    this.groupId = groupId;
  }

  async info(): Promise<CoordinatorInfo> {
    return (await this.#find()).info;
  }

  /** Sends a request; `codesOf` says where the answer has errors, of which those of a moving coordinator are tried again. */
  ask<Q extends Fields, S extends Fields>(
    api: Typed<Q, S>,
    body: Body<Q>,
    codesOf: (answer: Read<S>) => readonly number[],
  ): Promise<Read<S>> {
    return whilePassing(async () => {
      const { client } = await this.#find();
      const answer = await client.request(api, body);
      const moving = codesOf(answer).find(code => MOVING.has(errorNameOf(code)));
      if (moving === undefined) return answer;
      this.#found = null;
      throw refusal(moving, this.groupId);
    }, MOVING);
  }

  /** Whether the coordinator serves the API in a version that is spoken here. */
  async serves<Q extends Fields, S extends Fields>(api: Typed<Q, S>): Promise<boolean> {
    const { client } = await this.#find();
    try {
      return client.versionOf(api) >= 0;
    } catch (error) {
      if (error instanceof ClientError && error.code === 'unsupported') return false;
      throw error;
    }
  }

  /** For good: whatever is under way rejects, and whatever is asked later. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await Promise.allSettled(this.#opened);
    const clients = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value.client] : []));
    await Promise.all(clients.map(client => client.close()));
  }

  async #find(): Promise<Found> {
    if (this.#isClosed) throw new ClientError('closed', `the work with ${this.groupId} is over`);
    const finding = (this.#found ??= this.#open());
    try {
      return await finding;
    } catch (error) {
      if (this.#found === finding) this.#found = null;
      throw error;
    }
  }

  #open(): Promise<Found> {
    const opening = whilePassing(async () => {
      const info = await this.#locate();
      return { info, client: await this.#cluster.connectTo(info) };
    }, MOVING);
    this.#opened.push(opening);
    return opening;
  }

  async #locate(): Promise<CoordinatorInfo> {
    const { groupId } = this;
    const node = await this.#cluster.controller();
    const answer = await node.request(FindCoordinator, version => ({
      ...(version < FIRST_VERSION_WITH_MANY ? { key: groupId } : { coordinatorKeys: [groupId] }),
      ...(version < 1 ? {} : { keyType: GROUP }),
    }));
    const { nodeId, host, port, errorCode, errorMessage } = answer.coordinators[0] ?? answer;
    expectSuccess(errorCode, `coordinator of group ${groupId}`, errorMessage);
    return { id: nodeId, host, port };
  }
}

function refusal(code: number, groupId: string): ClientError {
  const name = errorNameOf(code);
  return new ClientError('refused', `group ${groupId}: ${name}`, name);
}
