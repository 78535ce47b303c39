import { BrokerError } from '../model/error.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';
import type { Topic } from '../model/topic/topic.ts';
import { missing, type DescribedTopic } from './describe-topics.ts';

/** The first partition that an answer does not hold. */
export interface PartitionCursor {
  readonly topic: string;
  readonly partition: number;
}

export interface DescribeTopicPartitionsQuery {
  /** Names of topics; none asks for all. */
  readonly names: readonly string[];
  readonly cursor: PartitionCursor | null;
  /** The most partitions to answer with; the broker's own bound holds as well. */
  readonly partitionLimit: number;
}

/** A topic, with the partitions from `from` to before `to`. */
export interface PartitionsOfTopic extends DescribedTopic {
  readonly from: number;
  readonly to: number;
}

export interface DescribeTopicPartitionsAnswer {
  readonly topics: readonly PartitionsOfTopic[];
  readonly nextCursor: PartitionCursor | null;
}

/** Describes topics page by page, in the order of their names (KIP-966, Kafka's DescribeTopicPartitionsRequestHandler). */
export class DescribeTopicPartitions {
  readonly #state: ClusterMetadata;

  constructor(state: ClusterMetadata) {
    this.#state = state;
  }

  /** Throws INVALID_REQUEST for a cursor that does not fit the question. */
  execute(query: DescribeTopicPartitionsQuery): DescribeTopicPartitionsAnswer {
    const { cursor } = query;
    const most = this.#state.broker.get('max.request.partition.size.limit');
    let left = Math.max(1, Math.min(query.partitionLimit, most));
    const topics: PartitionsOfTopic[] = [];
    for (const name of this.#names(query)) {
      if (left === 0) return { topics, nextCursor: { topic: name, partition: 0 } };
      const topic = this.#state.topicNamed(name);
      if (!topic) {
        topics.push({ ...missing(name), from: 0, to: 0 });
        continue;
      }
      const from = cursor?.topic === name ? cursor.partition : 0;
      const page = pageOf(topic, from, left);
      topics.push(page);
      if (page.to < topic.partitionCount) {
        return { topics, nextCursor: { topic: name, partition: page.to } };
      }
      left -= page.to - page.from;
    }
    return { topics, nextCursor: null };
  }

  #names({ names, cursor }: DescribeTopicPartitionsQuery): string[] {
    const all = names.length === 0 ? [...this.#state.topics()].map(topic => topic.name) : names;
    if (cursor !== null) checkCursor(cursor, names);
    const first = cursor?.topic ?? '';
    return [...new Set(all)].filter(name => name >= first).sort();
  }
}

function checkCursor(cursor: PartitionCursor, names: readonly string[]): void {
  const of = 'DescribeTopicPartitionsRequest';
  if (names.length > 0 && !names.includes(cursor.topic)) {
    const message = `${of} topic list should contain the cursor topic: ${cursor.topic}`;
    throw new BrokerError('INVALID_REQUEST', message);
  }
  if (cursor.partition < 0) {
    const message = `${of} cursor partition must be valid: ${cursor.partition}`;
    throw new BrokerError('INVALID_REQUEST', message);
  }
}

function pageOf(topic: Topic, cursorPartition: number, limit: number): PartitionsOfTopic {
  const from = Math.min(cursorPartition, topic.partitionCount);
  const to = Math.min(topic.partitionCount, from + limit);
  return { error: null, name: topic.name, topicId: topic.id, topic, from, to };
}
