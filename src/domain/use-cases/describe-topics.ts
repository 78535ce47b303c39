import type { ErrorName } from '../model/error.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';
import { topicOnDemand } from '../model/cluster/internal-topics.ts';
import { topicNameProblem } from '../model/topic/topic-name.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { CreateTopics } from './create-topics.ts';

/** Which topics: by name, by id, or null for all of them. */
export interface DescribeTopicsQuery {
  readonly topics:
    readonly { readonly name: string | null; readonly topicId: string | null }[] | null;
  /** Whether the client lets a name that is not there become a topic. */
  readonly allowAutoCreation: boolean;
}

/** A topic as it is now, or why there is none. Every partition is led by this broker, at the metadata's epoch. */
export interface DescribedTopic {
  readonly error: ErrorName | null;
  readonly name: string | null;
  readonly topicId: string | null;
  readonly topic: Topic | null;
}

/**
 * Finds topics for clients that ask where to produce and fetch (Kafka's KafkaApis.handleTopicMetadataRequest). A topic that is
 * created on the way is answered at once, not on the client's next try.
 */
export class DescribeTopics {
  readonly #state: ClusterMetadata;
  readonly #createTopics: CreateTopics;

  constructor(state: ClusterMetadata, createTopics: CreateTopics) {
    this.#state = state;
    this.#createTopics = createTopics;
  }

  /** Rejects with KAFKA_STORAGE_ERROR when a topic was to be created and could not be written. */
  async execute(query: DescribeTopicsQuery): Promise<DescribedTopic[]> {
    if (query.topics === null) return [...this.#state.topics()].map(found);
    const ids = query.topics.flatMap(({ topicId }) => (topicId === null ? [] : [topicId]));
    if (ids.length > 0) return [...new Set(ids)].map(id => this.#withId(id));
    const names = new Set(query.topics.map(({ name }) => name ?? ''));
    const refusals = query.allowAutoCreation ? await this.#create(names) : NO_REFUSALS;
    return [...names].map(name => this.#named(name, refusals));
  }

  #withId(topicId: string): DescribedTopic {
    const topic = this.#state.topicWithId(topicId);
    return topic ? found(topic) : { error: 'UNKNOWN_TOPIC_ID', name: null, topicId, topic: null };
  }

  #named(name: string, refusals: ReadonlyMap<string, ErrorName>): DescribedTopic {
    const topic = this.#state.topicNamed(name);
    return topic ? found(topic) : missing(name, refusals.get(name));
  }

  /** Creates those that are missing and may be; gives why others were not. One that somebody else has just created is fine. */
  async #create(names: Iterable<string>): Promise<ReadonlyMap<string, ErrorName>> {
    const absent = [...names].filter(name => !this.#state.topicNamed(name));
    if (absent.length === 0 || !this.#state.broker.get('auto.create.topics.enable')) {
      return NO_REFUSALS;
    }
    const results = await this.#createTopics.execute({
      validateOnly: false,
      topics: absent.map(name => topicOnDemand(name, this.#state.broker)),
    });
    return new Map(results.flatMap(({ name, error }) => (error ? [[name, error]] : [])));
  }
}

const NO_REFUSALS: ReadonlyMap<string, ErrorName> = new Map();

function found(topic: Topic): DescribedTopic {
  return { error: null, name: topic.name, topicId: topic.id, topic };
}

/** What is answered for a name that no topic has. */
export function missing(name: string, refusal?: ErrorName): DescribedTopic {
  const invalid = topicNameProblem(name) !== null;
  const error = invalid ? 'INVALID_TOPIC_EXCEPTION' : (refusal ?? 'UNKNOWN_TOPIC_OR_PARTITION');
  return { error, name, topicId: null, topic: null };
}
