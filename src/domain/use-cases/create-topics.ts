import { BrokerError } from '../model/error.ts';
import { attempt, duplicatesIn, refused, SUCCESS, type Outcome } from '../model/outcome.ts';
import {
  describeTopicConfigs,
  type ConfigDescription,
} from '../model/cluster/config-description.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';
import type { MetadataEvent } from '../model/cluster/metadata-events.ts';
import {
  PARTITIONS_PER_REQUEST_MAX,
  partitionsWanted,
  planTopic,
  type NewTopic,
} from '../model/cluster/topic-plan.ts';
import { collisionKey } from '../model/topic/topic-name.ts';
import type { Random } from '../../ports/random.ts';
import type { Decision, MetadataLog } from './runtime/metadata-log.ts';

export interface CreateTopicsCommand {
  readonly topics: readonly NewTopic[];
  readonly validateOnly: boolean;
}

/** A topic that was created, or would be; with an error, only the name means something. */
export interface CreateTopicResult extends Outcome {
  readonly name: string;
  readonly topicId: string | null;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly ConfigDescription[];
}

interface Planned {
  readonly result: CreateTopicResult;
  readonly event: MetadataEvent | null;
}

/**
 * Creates topics, each on its own: one that cannot be does not keep the others from it. All that can be are one change of the
 * metadata, durable when it resolves. Rejects with KAFKA_STORAGE_ERROR. Results are in the order asked for.
 */
export class CreateTopics {
  readonly #metadata: MetadataLog;
  readonly #random: Random;
  readonly #brokerId: number;

  constructor(metadata: MetadataLog, random: Random, brokerId: number) {
    this.#metadata = metadata;
    this.#random = random;
    this.#brokerId = brokerId;
  }

  execute(command: CreateTopicsCommand): Promise<CreateTopicResult[]> {
    return this.#metadata.update(state => this.#decide(command, state));
  }

  #decide(command: CreateTopicsCommand, state: ClusterMetadata): Decision<CreateTopicResult[]> {
    const planned = this.#plan(command.topics, state);
    const events = planned.flatMap(({ event }) => (event && !command.validateOnly ? [event] : []));
    return { events, answer: planned.map(({ result }) => result) };
  }

  #plan(topics: readonly NewTopic[], state: ClusterMetadata): Planned[] {
    const twice = duplicatesIn(topics.map(topic => topic.name));
    const partitions = topics.reduce((sum, topic) => {
      return sum + partitionsWanted(topic, state.broker.get('num.partitions'));
    }, 0);
    const taken = new Set<string>();
    return [...new Map(topics.map(topic => [topic.name, topic])).values()].map(topic => {
      if (twice.has(topic.name)) {
        return failed(topic.name, refused('INVALID_REQUEST', 'Duplicate topic name.'));
      }
      if (partitions > PARTITIONS_PER_REQUEST_MAX) return failed(topic.name, TOO_MANY);
      return attempt(
        () => this.#planOne(topic, state, taken),
        outcome => failed(topic.name, outcome),
      );
    });
  }

  #planOne(wanted: NewTopic, state: ClusterMetadata, taken: Set<string>): Planned {
    const { name, partitions, configs } = planTopic(wanted, state, this.#brokerId);
    const key = collisionKey(name);
    if (taken.has(key)) {
      const message = `Topic '${name}' collides with another topic of the same request.`;
      throw new BrokerError('INVALID_TOPIC_EXCEPTION', message);
    }
    taken.add(key);
    const topicId = this.#random.uuid();
    const described = describeTopicConfigs(configs, state.broker);
    const facts = { name, topicId, partitions };
    return {
      result: { ...facts, ...SUCCESS, replicationFactor: 1, configs: described },
      event: { type: 'topic-created', ...facts, configs: Object.fromEntries(configs) },
    };
  }
}

const TOO_MANY = refused('POLICY_VIOLATION', 'Excessively large number of partitions per request.');

function failed(name: string, outcome: Outcome): Planned {
  const nothing = { topicId: null, partitions: -1, replicationFactor: -1, configs: [] };
  return { result: { name, ...nothing, ...outcome }, event: null };
}
