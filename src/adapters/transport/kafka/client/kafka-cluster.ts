import { setTimeout as pause } from 'node:timers/promises';
import { Metadata, type MetadataResponse } from '../messages/metadata.ts';
import type { Reads } from '../wire/schema.ts';
import { addressText, type Address } from './address.ts';
import { ClientError, expectSuccess } from './client-error.ts';
import { KafkaClient, type ClientOptions } from './kafka-client.ts';

export interface PartitionInfo {
  readonly partition: number;
  /** -1 while there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export interface TopicInfo {
  readonly name: string;
  readonly topicId: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionInfo[];
}

const FIRST_VERSION_WITH_CHOICE = 4;
const FIRST_VERSION_WITH_NULL = 1;
/** What a topic answers with while it is being created, or its leader is being chosen. */
const PASSING_ERRORS = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
]);
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 50;

/** The brokers of one cluster, each connected to when it is first needed. */
export class KafkaCluster {
  readonly #seed: KafkaClient;
  readonly #options: ClientOptions;
  readonly #nodes = new Map<number, Promise<KafkaClient>>();
  #brokers: ReadonlyMap<number, Address> = new Map();

  private constructor(seed: KafkaClient, options: ClientOptions) {
    this.#seed = seed;
    this.#options = options;
  }

  /** Connects to the first of these brokers that answers; rejects with ClientError when none does. */
  static async connect(
    bootstrap: readonly Address[],
    options: ClientOptions,
  ): Promise<KafkaCluster> {
    let failure = new ClientError('unreachable', 'no broker was named');
    for (const address of bootstrap) {
      try {
        return new KafkaCluster(await KafkaClient.connect(address, options), options);
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** All topics, by name. */
  async topics(): Promise<TopicInfo[]> {
    const { topics } = await this.#metadata(null, false);
    return topics.map(topicOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** One topic; created when the broker does that and `create` asks for it, else rejects with `refused`. */
  async topic(name: string, create = false): Promise<TopicInfo> {
    const attempt = async (): Promise<TopicInfo> => {
      const { topics } = await this.#metadata(name, create);
      const [found] = topics;
      expectSuccess(found?.errorCode ?? 0, `topic ${name}`);
      return topicOf(found!);
    };
    return create ? whilePassing(attempt) : attempt();
  }

  /** The broker that changes to the cluster are sent to: the controller where one is told, for older clusters insist on it. */
  async controller(): Promise<KafkaClient> {
    const { controllerId } = await this.#metadata(null, false);
    return this.#brokers.has(controllerId) ? this.node(controllerId) : this.#seed;
  }

  /** The broker with this id, as the last metadata told. */
  node(id: number): Promise<KafkaClient> {
    let node = this.#nodes.get(id);
    if (node === undefined) this.#nodes.set(id, (node = this.#connectTo(id)));
    return node;
  }

  /** Every broker of the cluster. */
  async nodes(): Promise<KafkaClient[]> {
    await this.#metadata(null, false);
    return Promise.all(Array.from(this.#brokers.keys(), id => this.node(id)));
  }

  /** A connection of its own, where no answer waits behind a long poll. Whoever asks for it closes it. */
  connectTo(address: Address): Promise<KafkaClient> {
    return KafkaClient.connect(address, this.#options);
  }

  async close(): Promise<void> {
    const nodes = await Promise.allSettled(this.#nodes.values());
    const clients = nodes.flatMap(node => (node.status === 'fulfilled' ? [node.value] : []));
    await Promise.all([this.#seed, ...clients].map(client => client.close()));
  }

  async #connectTo(id: number): Promise<KafkaClient> {
    const address = this.#brokers.get(id);
    if (address === undefined) throw new ClientError('unreachable', `broker ${id} is not known`);
    try {
      return await KafkaClient.connect(address, this.#options);
    } catch (error) {
      this.#nodes.delete(id);
      throw error;
    }
  }

  async #metadata(topic: string | null, create: boolean) {
    const all = (version: number) => (version < FIRST_VERSION_WITH_NULL ? [] : null);
    const metadata = await this.#seed.request(Metadata, version => ({
      topics: topic === null ? all(version) : [{ name: topic }],
      ...(version < FIRST_VERSION_WITH_CHOICE ? {} : { allowAutoTopicCreation: create }),
    }));
    this.#brokers = new Map(
      metadata.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]),
    );
    await this.#dropMoved();
    return metadata;
  }

  /** A broker that came back under another address is connected to anew. */
  async #dropMoved(): Promise<void> {
    for (const [id, connecting] of this.#nodes) {
      const client = await connecting.catch(() => null);
      const now = this.#brokers.get(id);
      if (client && now && addressText(client.address) === addressText(now)) continue;
      this.#nodes.delete(id);
      await client?.close();
    }
  }
}

/** Tries again, a few times with growing pauses, while the broker says that the topic, or what `errors` are of, is not ready. */
export async function whilePassing<T>(
  attempt: () => Promise<T>,
  errors: ReadonlySet<string> = PASSING_ERRORS,
): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof ClientError && errors.has(error.errorName ?? '');
      if (!passing || left === 0) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** (ATTEMPTS - 1 - left));
    }
  }
}

/** Partitions by the broker that leads them; throws `refused` for one that nobody leads. */
export function byLeader(
  topic: TopicInfo,
  partitions: readonly number[],
): Map<number, PartitionInfo[]> {
  const led = new Map<number, PartitionInfo[]>();
  for (const partition of partitions) {
    const info = topic.partitions.find(one => one.partition === partition);
    const what = `partition ${partition} of ${topic.name}`;
    if (info === undefined) throw new ClientError('refused', `there is no ${what}`);
    if (info.leader < 0) {
      throw new ClientError('refused', `${what} has no leader`, 'LEADER_NOT_AVAILABLE');
    }
    led.set(info.leader, [...(led.get(info.leader) ?? []), info]);
  }
  return led;
}

type TopicResponse = Reads<typeof MetadataResponse>['topics'][number];

function topicOf({ name, topicId, isInternal, partitions }: TopicResponse): TopicInfo {
  const infos = partitions.map(one => ({
    partition: one.partitionIndex,
    leader: one.leaderId,
    replicas: one.replicaNodes,
    isr: one.isrNodes,
  }));
  infos.sort((a, b) => a.partition - b.partition);
  return { name: name ?? '', topicId, internal: isInternal, partitions: infos };
}
