import { BrokerError } from '../model/error.ts';
import type { Topic } from '../model/topic/topic.ts';
import type { CommitOffsets } from './commit-offsets.ts';
import type { FetchOffsets } from './fetch-offsets.ts';
import type { ListGroups } from './list-groups.ts';
import type { TopicDirectory } from './runtime/partition-registry.ts';
import type { StartPoint, StartPositions } from './runtime/start-positions.ts';

export interface SeekGroupCommand {
  readonly groupId: string;
  readonly topic: string;
  /** Null for all of the topic. */
  readonly partition: number | null;
  readonly to: StartPoint;
  /** Whether to say only what would be done. */
  readonly dryRun: boolean;
}

/** Where a group stands in a partition, and where it is put. */
export interface OffsetMove {
  readonly topic: string;
  readonly partition: number;
  /** Null where nothing was committed. */
  readonly from: number | null;
  readonly to: number;
}

/** What the use case drives. */
export interface SeekGroupParts {
  readonly topics: TopicDirectory;
  readonly starts: StartPositions;
  readonly listGroups: ListGroups;
  readonly fetchOffsets: FetchOffsets;
  readonly commitOffsets: CommitOffsets;
}

/** Puts a group without members somewhere else in a topic (kafka-consumer-groups --reset-offsets). */
export class SeekGroup {
  readonly #parts: SeekGroupParts;

  constructor(parts: SeekGroupParts) {
    this.#parts = parts;
  }

  /**
   * What was moved, or would be; a group that is not there is begun. Rejects with NON_EMPTY_GROUP while the group has members, who
   * would go on where they are; with UNKNOWN_TOPIC_OR_PARTITION; and with the error of the first offset that was not taken.
   */
  async execute(command: SeekGroupCommand): Promise<OffsetMove[]> {
    const { groupId, to, dryRun } = command;
    const topic = this.#topic(command.topic);
    const partitions = partitionsOf(topic, command.partition);
    await this.#refuseActive(groupId);
    const targets = await this.#parts.starts.of(topic, partitions, to);
    const before = await this.#committed(groupId, topic, partitions);
    if (!dryRun) await this.#commit(groupId, topic, targets);
    return partitions.map(partition => ({
      topic: topic.name,
      partition,
      from: before.get(partition) ?? null,
      to: targets.get(partition)!,
    }));
  }

  #topic(name: string): Topic {
    const topic = this.#parts.topics.topicNamed(name);
    if (topic) return topic;
    throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`);
  }

  async #refuseActive(groupId: string): Promise<void> {
    const groups = await this.#parts.listGroups.execute({ states: [], types: [] });
    const state = groups.find(group => group.groupId === groupId)?.state ?? 'Empty';
    if (state === 'Empty' || state === 'Dead') return;
    const message = `group ${groupId} is ${state}: stop its members first`;
    throw new BrokerError('NON_EMPTY_GROUP', message);
  }

  async #committed(
    groupId: string,
    topic: Topic,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, number>> {
    const asked = { memberId: null, memberEpoch: -1, requireStable: false };
    const topics = [{ topic: topic.name, topicId: null, partitions }];
    const [answer] = await this.#parts.fetchOffsets.execute([{ groupId, ...asked, topics }]);
    const { error, topics: found } = answer!;
    // A consumer group that is not there yet has committed nothing.
    if (error === 'GROUP_ID_NOT_FOUND') return new Map();
    if (error !== null) throw new BrokerError(error, `group ${groupId} cannot be asked: ${error}`);
    const offsets = found.flatMap(one => one.offsets).filter(({ offset }) => offset >= 0);
    return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
  }

  async #commit(
    groupId: string,
    topic: Topic,
    targets: ReadonlyMap<number, number>,
  ): Promise<void> {
    const errors = await this.#parts.commitOffsets.execute({
      ...{ groupId, memberId: '', instanceId: null, generationId: -1 },
      ...{ retentionMs: null, knowsMissingGroup: true },
      offsets: Array.from(targets, ([partition, offset]) => ({
        ...{ topic: topic.name, topicId: null, partition, offset },
        ...{ leaderEpoch: null, metadata: '' },
      })),
    });
    const error = errors.find(one => one !== null);
    if (error) throw new BrokerError(error, `group ${groupId} cannot be moved: ${error}`);
  }
}

function partitionsOf({ name, partitionCount }: Topic, partition: number | null): number[] {
  if (partition === null) return Array.from({ length: partitionCount }, (_, index) => index);
  if (partition < partitionCount) return [partition];
  const message = `there is no partition ${partition} of ${name}`;
  throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION', message);
}
