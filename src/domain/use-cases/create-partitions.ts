import { BrokerError } from '../model/error.ts';
import { attempt, duplicatesIn, refused, SUCCESS, type Outcome } from '../model/outcome.ts';
import type { ClusterMetadata } from '../model/cluster/metadata.ts';
import type { MetadataEvent } from '../model/cluster/metadata-events.ts';
import { checkReplicas, PARTITIONS_PER_REQUEST_MAX } from '../model/cluster/topic-plan.ts';
import type { Decision, MetadataLog } from './runtime/metadata-log.ts';

/** `count` is the number of partitions that the topic is to have; `assignments` name the replicas of each added one. */
export interface MorePartitions {
  readonly name: string;
  readonly count: number;
  readonly assignments: readonly (readonly number[])[] | null;
}

export interface CreatePartitionsCommand {
  readonly topics: readonly MorePartitions[];
  readonly validateOnly: boolean;
}

export interface CreatePartitionsResult extends Outcome {
  readonly name: string;
}

interface Planned {
  readonly result: CreatePartitionsResult;
  readonly event: MetadataEvent | null;
}

/** Adds partitions to topics, each topic on its own. Durable when it resolves; rejects with KAFKA_STORAGE_ERROR. */
export class CreatePartitions {
  readonly #metadata: MetadataLog;
  readonly #brokerId: number;

  constructor(metadata: MetadataLog, brokerId: number) {
    this.#metadata = metadata;
    this.#brokerId = brokerId;
  }

  execute(command: CreatePartitionsCommand): Promise<CreatePartitionsResult[]> {
    return this.#metadata.update(state => this.#decide(command, state));
  }

  #decide(
    { topics, validateOnly }: CreatePartitionsCommand,
    state: ClusterMetadata,
  ): Decision<CreatePartitionsResult[]> {
    const twice = duplicatesIn(topics.map(topic => topic.name));
    const once = [...new Map(topics.map(topic => [topic.name, topic])).values()];
    const budget = { left: PARTITIONS_PER_REQUEST_MAX };
    const planned = once.map((topic): Planned => {
      const { name } = topic;
      if (twice.has(name)) {
        const outcome = refused('INVALID_REQUEST', 'Duplicate topic name.');
        return { result: { name, ...outcome }, event: null };
      }
      return attempt(
        (): Planned => ({ result: { name, ...SUCCESS }, event: this.#plan(topic, state, budget) }),
        outcome => ({ result: { name, ...outcome }, event: null }),
      );
    });
    const events = planned.flatMap(({ event }) => (event && !validateOnly ? [event] : []));
    return { events, answer: planned.map(({ result }) => result) };
  }

  /** ReplicationControlManager.createPartitions. */
  #plan(wanted: MorePartitions, state: ClusterMetadata, budget: { left: number }): MetadataEvent {
    const topic = state.topicNamed(wanted.name);
    if (!topic) {
      const message = 'This server does not host this topic-partition.';
      throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message);
    }
    const added = wanted.count - topic.partitionCount;
    if (added <= 0) throw noIncrease(wanted, topic.partitionCount);
    if (wanted.assignments) this.#checkAssignments(wanted.assignments, added);
    if (added > budget.left) {
      const message = 'Excessively large number of partitions per request.';
      throw new BrokerError('POLICY_VIOLATION', message);
    }
    budget.left -= added;
    return { type: 'partitions-created', topicId: topic.id, partitions: wanted.count };
  }

  #checkAssignments(assignments: readonly (readonly number[])[], added: number): void {
    if (assignments.length !== added) {
      const message =
        `Attempted to add ${added} additional partition(s), ` +
        `but only ${assignments.length} assignment(s) were specified.`;
      throw new BrokerError('INVALID_REPLICA_ASSIGNMENT', message);
    }
    for (const brokerIds of assignments) checkReplicas(brokerIds, this.#brokerId);
  }
}

function noIncrease({ name, count }: MorePartitions, now: number): BrokerError {
  const message =
    count === now
      ? `Topic already has ${now} partition(s).`
      : `The topic ${name} currently has ${now} partition(s); ${count} would not be an increase.`;
  return new BrokerError('INVALID_PARTITIONS', message);
}
