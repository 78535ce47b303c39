import type { Configs } from '../topic/topic-config.ts';
import { collisionKey } from '../topic/topic-name.ts';
import { Topic } from '../topic/topic.ts';
import type { BrokerConfig } from './broker-config.ts';
import type {
  ConfigRecord,
  MetadataEvent,
  MetadataSnapshot,
  TopicCreated,
} from './metadata-events.ts';

/** What a topic has gone through, for those who keep something per topic. */
export interface TopicChange {
  readonly kind: 'created' | 'deleted' | 'partitions-created' | 'configs-altered';
  readonly topic: Topic;
}

const configsOf = (record: ConfigRecord): Configs => new Map(Object.entries(record));
const recordOf = (configs: Configs): ConfigRecord => Object.fromEntries(configs);

/**
 * The state of the cluster: its id, its topics, altered settings, and which producer ids are used up. `apply` is the only
 * mutator, for what happens now and for what is replayed at start.
 */
export class ClusterMetadata {
  /** The broker's settings, with those that were altered while it ran. */
  readonly broker: BrokerConfig;
  #clusterId: string | null = null;
  #epoch = 0;
  #nextProducerId = 0;
  #version = 0;
  readonly #byId = new Map<string, Topic>();
  readonly #byName = new Map<string, Topic>();
  readonly #byCollisionKey = new Map<string, Topic>();

  constructor(broker: BrokerConfig) {
    this.broker = broker;
  }

  /** Null only before the first start. */
  get clusterId(): string | null {
    return this.#clusterId;
  }
  /** The epoch of the latest broker start. */
  get epoch(): number {
    return this.#epoch;
  }
  /** The first producer id that was never given away. */
  get nextProducerId(): number {
    return this.#nextProducerId;
  }
  /** Another number whenever a topic came, went or grew, in the life of this object. */
  get version(): number {
    return this.#version;
  }
  get topicCount(): number {
    return this.#byId.size;
  }
  get partitionCount(): number {
    let count = 0;
    for (const topic of this.#byId.values()) count += topic.partitionCount;
    return count;
  }

  topicNamed(name: string): Topic | undefined {
    return this.#byName.get(name);
  }
  topicWithId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }
  /** All topics, oldest first. */
  topics(): IterableIterator<Topic> {
    return this.#byId.values();
  }
  /** A topic whose name differs from this one in '.' and '_' at most. */
  topicCollidingWith(name: string): Topic | undefined {
    return this.#byCollisionKey.get(collisionKey(name));
  }

  /** Makes an event part of the state; gives what it did to a topic, if it did. */
  apply(event: MetadataEvent): TopicChange | null {
    switch (event.type) {
      case 'cluster-created':
        this.#clusterId = event.clusterId;
        return null;
      case 'broker-started':
        this.#epoch = event.epoch;
        return null;
      case 'broker-configs-altered':
        this.broker.alter(event.scope, configsOf(event.configs));
        this.#refreshTopics();
        return null;
      case 'producer-ids-allocated':
        this.#nextProducerId = event.nextProducerId;
        return null;
      case 'metadata-snapshot':
        this.#restore(event);
        return null;
      default:
        return this.#applyToTopic(event);
    }
  }

  /** One event that has the same effect as all that were applied. */
  snapshot(): MetadataSnapshot {
    const topics = [...this.topics()].map(topic => ({
      topicId: topic.id,
      name: topic.name,
      partitions: topic.partitionCount,
      configs: recordOf(topic.configs),
    }));
    return {
      type: 'metadata-snapshot',
      clusterId: this.#clusterId ?? '',
      epoch: this.#epoch,
      topics,
      brokerConfigs: recordOf(this.broker.altered('broker')),
      clusterConfigs: recordOf(this.broker.altered('cluster')),
      nextProducerId: this.#nextProducerId,
    };
  }

  #applyToTopic(event: TopicEvent): TopicChange {
    if (event.type === 'topic-created') return { kind: 'created', topic: this.#add(event) };
    const topic = this.topicWithId(event.topicId);
    if (!topic) throw new Error(`${event.type} of the topic ${event.topicId}, which is not there`);
    switch (event.type) {
      case 'topic-deleted':
        this.#remove(topic);
        return { kind: 'deleted', topic };
      case 'partitions-created':
        topic.grow(event.partitions);
        this.#version += 1;
        return { kind: 'partitions-created', topic };
      case 'topic-configs-altered':
        topic.configure(configsOf(event.configs), this.broker.topicDefault);
        return { kind: 'configs-altered', topic };
    }
  }

  #add(facts: Omit<TopicCreated, 'type'>): Topic {
    const { topicId: id, name, partitions: partitionCount } = facts;
    const configs = configsOf(facts.configs);
    const topic = new Topic({ id, name, partitionCount, configs }, this.broker.topicDefault);
    this.#byId.set(topic.id, topic);
    this.#byName.set(topic.name, topic);
    this.#byCollisionKey.set(collisionKey(topic.name), topic);
    this.#version += 1;
    return topic;
  }

  #remove(topic: Topic): void {
    this.#byId.delete(topic.id);
    this.#byName.delete(topic.name);
    this.#byCollisionKey.delete(collisionKey(topic.name));
    this.#version += 1;
  }

  #refreshTopics(): void {
    for (const topic of this.topics()) topic.configure(topic.configs, this.broker.topicDefault);
  }

  #restore(snapshot: MetadataSnapshot): void {
    this.#clusterId = snapshot.clusterId;
    this.#epoch = snapshot.epoch;
    this.#nextProducerId = snapshot.nextProducerId;
    this.broker.alter('broker', configsOf(snapshot.brokerConfigs));
    this.broker.alter('cluster', configsOf(snapshot.clusterConfigs));
    for (const topic of [...this.topics()]) this.#remove(topic);
    for (const facts of snapshot.topics) this.#add(facts);
  }
}

type TopicEvent = Exclude<
  MetadataEvent,
  {
    type:
      | 'cluster-created'
      | 'broker-started'
      | 'broker-configs-altered'
      | 'producer-ids-allocated'
      | 'metadata-snapshot';
  }
>;
