import { BrokerError } from '../model/error.ts';
import { duplicatesIn, refused, SUCCESS, type Outcome } from '../model/outcome.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { Logger } from '../../ports/logger.ts';
import type { LogStorage } from '../../ports/log-storage.ts';
import { METADATA_PARTITION, type Decision, type MetadataLog } from './runtime/metadata-log.ts';

/** Names one topic, by its name or by its id and not both. */
export interface TopicReference {
  readonly name: string | null;
  readonly topicId: string | null;
}

/** The reference, made whole when the topic was found. */
export interface DeleteTopicResult extends Outcome, TopicReference {}

/** Closes and removes the logs of a topic that is gone; the partition registry does. */
export interface TopicLogs {
  remove(topic: Topic): Promise<void>;
}

interface Selection {
  readonly results: DeleteTopicResult[];
  readonly topics: Map<string, Topic>;
}

/**
 * Deletes topics: durable in the metadata first, then their logs go. A log that cannot be removed now is an orphan that the next
 * start removes, since nothing can refer to it any more.
 */
export class DeleteTopics {
  readonly #metadata: MetadataLog;
  readonly #logs: TopicLogs;
  readonly #logger: Logger;

  constructor(metadata: MetadataLog, logs: TopicLogs, logger: Logger) {
    this.#metadata = metadata;
    this.#logs = logs;
    this.#logger = logger;
  }

  /** Rejects with TOPIC_DELETION_DISABLED where `delete.topic.enable` is off, and with KAFKA_STORAGE_ERROR. */
  async execute(references: readonly TopicReference[]): Promise<DeleteTopicResult[]> {
    const { results, topics } = await this.#metadata.update(state => decide(references, state));
    for (const topic of topics.values()) {
      await this.#logs.remove(topic).catch((error: unknown) => {
        this.#logger.warn(
          { topic: topic.name, error },
          'the logs of a deleted topic stay until the next start',
        );
      });
    }
    return results;
  }

  /** Removes logs that no topic of the metadata owns, as a crash in the middle of a deletion leaves them. Gives their number. */
  async removeOrphans(storage: LogStorage): Promise<number> {
    let removed = 0;
    for (const { topicId, partition } of await storage.list()) {
      if (topicId === METADATA_PARTITION.topicId) continue;
      const topic = this.#metadata.state.topicWithId(topicId);
      if (topic && partition < topic.partitionCount) continue;
      await storage.remove({ topicId, partition, topic: topic?.name ?? '' });
      removed += 1;
    }
    return removed;
  }
}

/** Kafka's ControllerApis.deleteTopics, without its shuffle, which hides what authorization hides. */
function decide(
  references: readonly TopicReference[],
  state: ClusterMetadata,
): Decision<Selection> {
  if (!state.broker.get('delete.topic.enable')) {
    throw new BrokerError('TOPIC_DELETION_DISABLED', 'Topic deletion is disabled.');
  }
  const twice = duplicatesIn(references.map(keyOf));
  const selection: Selection = { results: [], topics: new Map() };
  const once = [...new Map(references.map(reference => [keyOf(reference), reference])).values()];
  for (const reference of once) {
    const duplicate = twice.has(keyOf(reference));
    const outcome = malformed(reference, duplicate) ?? select(reference, state, selection.topics);
    selection.results.push({ ...reference, ...outcome });
  }
  const events = [...selection.topics.keys()].map(topicId => {
    return { type: 'topic-deleted', topicId } as const;
  });
  return { events, answer: selection };
}

function keyOf({ name, topicId }: TopicReference): string {
  return JSON.stringify([name, topicId]);
}

function malformed({ name, topicId }: TopicReference, duplicate: boolean): Outcome | null {
  if (name === null && topicId === null) {
    return refused('INVALID_REQUEST', 'Neither topic name nor id were specified.');
  }
  if (name !== null && topicId !== null) {
    return refused('INVALID_REQUEST', 'You may not specify both topic name and topic id.');
  }
  if (!duplicate) return null;
  return refused(
    'INVALID_REQUEST',
    name === null ? 'Duplicate topic id.' : 'Duplicate topic name.',
  );
}

/**
 * Kafka deletes its internal topics for everybody who may (ControllerApis.deleteTopics); its coordinators then hear of it and let
 * go of their groups, and the topic comes back when it is next looked for. Here what is committed would be gone while coordinators
 * go on: nobody who deletes many topics by a pattern means that.
 */
const BROKERS_OWN = "the topic is the broker's own";

function select(
  { name, topicId }: TopicReference,
  state: ClusterMetadata,
  selected: Map<string, Topic>,
): DeleteTopicResult | Outcome {
  const topic = topicId === null ? state.topicNamed(name ?? '') : state.topicWithId(topicId);
  if (!topic) {
    return topicId === null
      ? refused('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
      : refused('UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.');
  }
  if (topic.internal) return refused('INVALID_TOPIC_EXCEPTION', BROKERS_OWN);
  if (selected.has(topic.id)) {
    const message = 'The provided topic name maps to an ID that was already supplied.';
    return refused('INVALID_REQUEST', message);
  }
  selected.set(topic.id, topic);
  return { name: topic.name, topicId: topic.id, ...SUCCESS };
}
