import { BrokerError } from '../../model/error.ts';
import type {
  GroupCommand,
  GroupConversations,
  GroupRequest,
  GroupRequestType,
} from '../../model/group/group-commands.ts';
import { GroupCoordinator } from '../../model/group/group-coordinator.ts';
import type { GroupEvent } from '../../model/group/group-events.ts';
import type { GroupSettings } from '../../model/group/group-settings.ts';
import type { BrokerConfig } from '../../model/cluster/broker-config.ts';
import { topicOnDemand } from '../../model/cluster/internal-topics.ts';
import { partitionFor } from '../../model/group/group-partition.ts';
import { OFFSETS_TOPIC } from '../../model/topic/topic-name.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { ConsumerProtocol } from '../../../ports/consumer-protocol.ts';
import type { GroupRecords } from '../../../ports/group-records.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { CreateTopics } from '../create-topics.ts';
import {
  CoordinatorRuntime,
  type CoordinatorRuntimeOptions,
  type Shard,
} from './coordinator-runtime.ts';
import type { MetadataLog } from './metadata-log.ts';

export interface GroupCoordinatorsOptions extends Omit<
  CoordinatorRuntimeOptions<GroupCommand, GroupEvent>,
  'kind' | 'topic' | 'onLoaded'
> {
  readonly metadata: MetadataLog;
  readonly storage: LogStorage;
  readonly createTopics: CreateTopics;
  readonly records: GroupRecords;
  readonly consumerProtocol: ConsumerProtocol;
}

type GroupShard = Shard<GroupCommand, GroupEvent>;

/** A request before it is known who waits for its answer. */
export type Question<T extends GroupRequestType> = Omit<GroupConversations[T][0], 'replyTo'>;
export type Answer<T extends GroupRequestType> = GroupConversations[T][1];

/** What a record needs beside the group that it stores, in a batch of its own. */
const BATCH_OVERHEAD_BYTES = 256;

/** The coordinators of all groups, over the partitions of `__consumer_offsets`, which is created on first need. */
export class GroupCoordinators {
  readonly #options: GroupCoordinatorsOptions;
  readonly #runtime: CoordinatorRuntime<GroupCommand, GroupEvent>;
  readonly #stopListening: () => void;
  #partitionCount: number | null = null;
  #background: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: GroupCoordinatorsOptions) {
    this.#options = options;
    const { metadata, records, consumerProtocol } = options;
    const settings = groupSettings(metadata);
    this.#runtime = new CoordinatorRuntime<GroupCommand, GroupEvent>({
      ...options,
      kind: {
        records,
        create: () =>
          new GroupCoordinator(
            settings,
            bytes => consumerProtocol.readSubscription(bytes)?.topics ?? null,
          ),
        loaded: { type: 'loaded' },
        timerRan: key => ({ type: 'timer-ran', key }),
      },
      topic: () => this.#topic(),
      onLoaded: shard => this.#forgetMissingTopics(shard),
    });
    this.#stopListening = metadata.onTopicChange(({ kind, topic }) => {
      if (kind === 'deleted') this.#topicDeleted(topic.name);
    });
  }

  /**
   * Asks the coordinator of a group. Rejects with COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR or COORDINATOR_NOT_AVAILABLE
   * when there is none at work.
   */
  async ask<T extends GroupRequestType>(question: Question<T>): Promise<Answer<T>> {
    const { groupId } = question as unknown as { groupId: string };
    const index = await this.#indexOf(groupId);
    return this.#askAt(index, question);
  }

  /** Asks every coordinator that has, or may have, groups. Rejects when one cannot answer. */
  async askAll<T extends GroupRequestType>(question: Question<T>): Promise<Answer<T>[]> {
    const indices = await this.#storedPartitions();
    return Promise.all(indices.map(index => this.#askAt(index, question)));
  }

  /** Makes the coordinator of a group ready for requests. Rejects with a BrokerError. */
  async prepare(groupId: string): Promise<void> {
    await this.#runtime.load(await this.#indexOf(groupId));
  }

  /** Loads, in the background, all that is stored, so that timeouts and retention go on where they were. */
  start(): void {
    this.#background = this.#loadStored().catch((error: unknown) => {
      const facts = { error: String(error) };
      this.#options.logger.warn(facts, 'groups are loaded when they are asked for');
    });
  }

  /** Answers what is under way and takes no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    await this.#runtime.stop();
    await this.#background;
  }

  async #askAt<T extends GroupRequestType>(
    index: number,
    question: Question<T>,
  ): Promise<Answer<T>> {
    const command = (replyTo: number): GroupRequest =>
      ({ ...question, replyTo }) as unknown as GroupRequest;
    return (await this.#runtime.ask(index, command)) as Answer<T>;
  }

  async #loadStored(): Promise<void> {
    for (const index of await this.#storedPartitions()) {
      if (this.#stopped) return;
      // One that cannot be loaded has said so in the log, and is tried again when it is asked for.
      await this.#runtime.load(index).catch(() => undefined);
    }
  }

  async #storedPartitions(): Promise<number[]> {
    const topic = this.#options.metadata.state.topicNamed(OFFSETS_TOPIC);
    if (!topic) return [];
    const stored = await this.#options.storage.list();
    return stored.filter(({ topicId }) => topicId === topic.id).map(({ partition }) => partition);
  }

  /** The count is the one that the topic had at first: with another, groups would be looked for elsewhere. */
  async #indexOf(groupId: string): Promise<number> {
    this.#partitionCount ??= (await this.#topic()).partitionCount;
    return partitionFor(groupId, this.#partitionCount);
  }

  async #topic(): Promise<Topic> {
    const { metadata, createTopics } = this.#options;
    const { state } = metadata;
    const existing = state.topicNamed(OFFSETS_TOPIC);
    if (existing) return existing;
    const wanted = topicOnDemand(OFFSETS_TOPIC, state.broker);
    const [result] = await createTopics.execute({ topics: [wanted], validateOnly: false });
    const topic = state.topicNamed(OFFSETS_TOPIC);
    if (topic) return topic;
    throw new BrokerError('COORDINATOR_NOT_AVAILABLE', result?.message ?? 'no offsets topic');
  }

  /** Those that were deleted while nobody took note. */
  #forgetMissingTopics(shard: GroupShard): void {
    const { state } = this.#options.metadata;
    for (const topic of (shard.machine as GroupCoordinator).committedTopics()) {
      if (!state.topicNamed(topic)) shard.note({ type: 'topic-deleted', topic });
    }
  }

  #topicDeleted(topic: string): void {
    const told = new Set(this.#runtime.loaded());
    for (const shard of told) shard.note({ type: 'topic-deleted', topic });
    this.#tellTheRest(topic, told).catch((error: unknown) => {
      const facts = { topic, error: String(error) };
      this.#options.logger.warn(facts, 'offsets of a deleted topic are left');
    });
  }

  /** Coordinators that are not loaded: by the time they are, another topic may have the name. */
  async #tellTheRest(topic: string, told: ReadonlySet<GroupShard>): Promise<void> {
    for (const index of await this.#storedPartitions()) {
      if (this.#stopped) return;
      const shard = await this.#runtime.load(index);
      if (!told.has(shard)) shard.note({ type: 'topic-deleted', topic });
    }
  }
}

/** The broker's settings as decisions on groups read them. */
function groupSettings({ state }: MetadataLog): GroupSettings {
  const { broker }: { broker: BrokerConfig } = state;
  return {
    get maxSize() {
      return broker.get('group.max.size');
    },
    get initialRebalanceDelayMs() {
      return broker.get('group.initial.rebalance.delay.ms');
    },
    get offsetMetadataMaxBytes() {
      return broker.get('offset.metadata.max.bytes');
    },
    get offsetsRetentionMs() {
      return broker.get('offsets.retention.minutes') * 60_000;
    },
    get offsetsRetentionCheckMs() {
      return broker.get('offsets.retention.check.interval.ms');
    },
    get maxEventBytes() {
      const topic = state.topicNamed(OFFSETS_TOPIC);
      return (topic?.maxMessageBytes ?? 0) - BATCH_OVERHEAD_BYTES;
    },
  };
}
