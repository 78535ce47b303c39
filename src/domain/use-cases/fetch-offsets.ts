import { BrokerError, type ErrorName } from '../model/error.ts';
import type { FetchedOffset } from '../model/group/group-commands.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';
import type { TopicDirectory } from './runtime/partition-registry.ts';

/** Partitions of a topic, which is named by its name or by its id. */
export interface TopicOffsetsQuery {
  readonly topic: string | null;
  readonly topicId: string | null;
  readonly partitions: readonly number[];
}

export interface GroupOffsetsQuery extends Omit<Question<'fetch-offsets'>, 'type' | 'topics'> {
  /** Null for all that the group has. */
  readonly topics: readonly TopicOffsetsQuery[] | null;
}

/** The offsets of one topic; its id is null when there is no such topic, its name when the id is unknown. */
export interface TopicOffsets {
  readonly topic: string | null;
  readonly topicId: string | null;
  readonly offsets: readonly Omit<FetchedOffset, 'topic'>[];
}

export interface GroupOffsetsAnswer {
  readonly groupId: string;
  readonly error: ErrorName | null;
  readonly topics: readonly TopicOffsets[];
}

/** Tells what groups have committed, each group on its own. */
export class FetchOffsets {
  readonly #groups: GroupCoordinators;
  readonly #directory: TopicDirectory;

  constructor(groups: GroupCoordinators, directory: TopicDirectory) {
    this.#groups = groups;
    this.#directory = directory;
  }

  /** The answers in the order of the groups, topics and partitions asked for; a group that cannot be asked has an error. */
  execute(queries: readonly GroupOffsetsQuery[]): Promise<GroupOffsetsAnswer[]> {
    return Promise.all(queries.map(query => this.#fetch(query)));
  }

  async #fetch(query: GroupOffsetsQuery): Promise<GroupOffsetsAnswer> {
    const { groupId } = query;
    try {
      const topics = query.topics ? await this.#some(query, query.topics) : await this.#all(query);
      return { groupId, error: null, topics };
    } catch (error) {
      if (error instanceof BrokerError) return { groupId, error: error.code, topics: [] };
      throw error;
    }
  }

  async #some(
    query: GroupOffsetsQuery,
    wanted: readonly TopicOffsetsQuery[],
  ): Promise<TopicOffsets[]> {
    const named = wanted.map(({ topic, topicId }) =>
      topicId === null ? topic : (this.#directory.topicWithId(topicId)?.name ?? null),
    );
    const asked = wanted.flatMap(({ partitions }, at) => {
      const topic = named[at] ?? null;
      return topic === null ? [] : [{ topic, partitions }];
    });
    const offsets = await this.#ask(query, asked);
    let next = 0;
    return wanted.map(({ topicId, partitions }, at) => ({
      topic: named[at]!,
      topicId,
      offsets: partitions.map(partition =>
        named[at] === null ? unknownTopic(partition) : offsets[next++]!,
      ),
    }));
  }

  async #all(query: GroupOffsetsQuery): Promise<TopicOffsets[]> {
    const byTopic = new Map<string, FetchedOffset[]>();
    for (const offset of await this.#ask(query, null)) {
      const offsets = byTopic.get(offset.topic);
      if (offsets) offsets.push(offset);
      else byTopic.set(offset.topic, [offset]);
    }
    return Array.from(byTopic, ([topic, offsets]) => ({
      topic,
      topicId: this.#directory.topicNamed(topic)?.id ?? null,
      offsets,
    }));
  }

  async #ask(
    query: GroupOffsetsQuery,
    topics: Question<'fetch-offsets'>['topics'],
  ): Promise<readonly FetchedOffset[]> {
    const question = { ...query, type: 'fetch-offsets', topics } as const;
    const { error, offsets } = await this.#groups.ask<'fetch-offsets'>(question);
    if (error !== null) throw new BrokerError(error, 'the group refuses');
    return offsets;
  }
}

function unknownTopic(partition: number): Omit<FetchedOffset, 'topic'> {
  return { partition, offset: -1, leaderEpoch: null, metadata: '', error: 'UNKNOWN_TOPIC_ID' };
}
