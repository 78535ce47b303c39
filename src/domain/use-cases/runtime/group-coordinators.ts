import { BrokerError } from '../../model/error.ts';
import type {
  GroupCommand,
  GroupConversations,
  GroupOccurrence,
  GroupRequest,
  GroupRequestType,
} from '../../model/group/group-commands.ts';
import { GroupCoordinator } from '../../model/group/group-coordinator.ts';
import type { GroupEvent } from '../../model/group/group-events.ts';
import { topicOnDemand } from '../../model/cluster/internal-topics.ts';
import { partitionFor } from '../../model/group/group-partition.ts';
import { OFFSETS_TOPIC } from '../../model/topic/topic-name.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { ConsumerProtocol } from '../../../ports/consumer-protocol.ts';
import type { GroupRecords } from '../../../ports/group-records.ts';
import type { LogStorage } from '../../../ports/log-storage.ts';
import type { Regex } from '../../../ports/regex.ts';
import type { CreateTopics } from '../create-topics.ts';
import {
  CoordinatorRuntime,
  type CoordinatorRuntimeOptions,
  type Shard,
} from './coordinator-runtime.ts';
import { groupSurroundings } from './group-surroundings.ts';
import type { MetadataLog } from './metadata-log.ts';

export interface GroupCoordinatorsOptions extends Omit<
  CoordinatorRuntimeOptions<GroupCommand, GroupEvent>,
  'kind' | 'topic'
> {
  readonly metadata: MetadataLog;
  readonly storage: LogStorage;
  readonly createTopics: CreateTopics;
  readonly records: GroupRecords;
  readonly consumerProtocol: ConsumerProtocol;
  readonly regex: Regex;
}

type GroupShard = Shard<GroupCommand, GroupEvent>;

/** A request before it is known who waits for its answer. */
export type Question<T extends GroupRequestType> = Omit<GroupConversations[T][0], 'replyTo'>;
export type Answer<T extends GroupRequestType> = GroupConversations[T][1];

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
    const { metadata, records } = options;
    const surroundings = groupSurroundings(options);
    this.#runtime = new CoordinatorRuntime<GroupCommand, GroupEvent>({
      ...options,
      kind: {
        records,
        create: () => new GroupCoordinator(surroundings),
        loaded: { type: 'loaded' },
        timerRan: key => ({ type: 'timer-ran', key }),
      },
      topic: () => this.#topic(),
    });
    this.#stopListening = metadata.onTopicChange(({ kind, topic }) => {
      if (kind === 'deleted') this.#topicDeleted(topic);
    });
  }

  /**
   * Asks the coordinator of a group; the question is its from now on. Rejects with COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR
   * or COORDINATOR_NOT_AVAILABLE when there is none at work.
   */
  async ask<T extends GroupRequestType>(question: Question<T>): Promise<Answer<T>> {
    const { groupId } = question as unknown as { groupId: string };
    const index = await this.#indexOf(groupId);
    return this.#askAt(index, question);
  }

  /** Asks every coordinator that has, or may have, groups. Rejects when one cannot answer. */
  async askAll<T extends GroupRequestType>(question: Question<T>): Promise<Answer<T>[]> {
    const indices = await this.#storedPartitions();
    return Promise.all(indices.map(index => this.#askAt(index, { ...question })));
  }

  /** Makes the coordinator of a group ready for requests. Rejects with a BrokerError. */
  async prepare(groupId: string): Promise<void> {
    await this.#runtime.load(await this.#indexOf(groupId));
  }

  /** Loads all that is stored, so that timeouts and retention go on where they were; resolves when that has ended, well or not. */
  start(): Promise<void> {
    this.#background = this.#loadStored().catch((error: unknown) => {
      const facts = { error: String(error) };
      this.#options.logger.warn(facts, 'groups are loaded when they are asked for');
    });
    return this.#background;
  }

  /** Answers what is under way and takes no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    await this.#runtime.stop();
    await this.#background;
  }

  /** The question becomes the request: a copy of it would cost as much as the answer to a heartbeat. */
  async #askAt<T extends GroupRequestType>(
    index: number,
    question: Question<T>,
  ): Promise<Answer<T>> {
    const command = (replyTo: number): GroupRequest =>
      Object.assign(question, { replyTo }) as unknown as GroupRequest;
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

  #topicDeleted({ name, id }: Topic): void {
    const news: GroupOccurrence = { type: 'topic-deleted', topic: name, topicId: id };
    const told = new Set(this.#runtime.loaded());
    for (const shard of told) shard.note(news);
    this.#tellTheRest(news, told).catch((error: unknown) => {
      const facts = { topic: name, error: String(error) };
      this.#options.logger.warn(facts, 'offsets of a deleted topic are left');
    });
  }

  /** Coordinators that are not loaded: by the time they are, another topic may have the name. */
  async #tellTheRest(news: GroupOccurrence, told: ReadonlySet<GroupShard>): Promise<void> {
    for (const index of await this.#storedPartitions()) {
      if (this.#stopped) return;
      const shard = await this.#runtime.load(index);
      if (!told.has(shard)) shard.note(news);
    }
  }
}
