import { BrokerError } from '../model/error.ts';
import type { ConsumerProtocol, TopicPartitions } from '../../ports/consumer-protocol.ts';
import type { DescribeConsumerGroups } from './describe-consumer-groups.ts';
import type { DescribeGroups } from './describe-groups.ts';
import type { FetchOffsets } from './fetch-offsets.ts';
import type { ListOffsets } from './list-offsets.ts';
import type {
  DescribeConsumerGroupReply,
  DescribedMember,
  GroupKind,
} from '../model/group/group-commands.ts';

/** A member, and what it reads. */
export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly assignment: readonly TopicPartitions[];
}

/** How far a group is behind in a partition that it has committed. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  readonly committedOffset: number;
  /** -1 for a partition that is not there any more, or cannot be read; its lag is 0. */
  readonly endOffset: number;
  readonly lag: number;
  /** Who reads it; null when nobody does. */
  readonly member: GroupMember | null;
}

/** A group as people and dashboards look at one, whichever protocol its members speak. */
export interface GroupStanding {
  readonly groupId: string;
  readonly kind: GroupKind;
  /** As Kafka's GroupState shows it: Stable, Empty, PreparingRebalance, ... */
  readonly state: string;
  /** The assignor that is in use; empty when there is none. */
  readonly assignor: string;
  readonly members: readonly GroupMember[];
  /** By topic and partition. */
  readonly lags: readonly PartitionLag[];
}

export type GroupDescription = Omit<GroupStanding, 'lags'>;

/** Tells how a group stands: who is in it, what each member reads, and how far behind every partition is. */
export class ExamineGroup {
  readonly #describeGroups: DescribeGroups;
  readonly #describeConsumerGroups: DescribeConsumerGroups;
  readonly #fetchOffsets: FetchOffsets;
  readonly #listOffsets: ListOffsets;
  readonly #protocol: ConsumerProtocol;

  constructor(parts: {
    describeGroups: DescribeGroups;
    describeConsumerGroups: DescribeConsumerGroups;
    fetchOffsets: FetchOffsets;
    listOffsets: ListOffsets;
    consumerProtocol: ConsumerProtocol;
  }) {
    this.#describeGroups = parts.describeGroups;
    this.#describeConsumerGroups = parts.describeConsumerGroups;
    this.#fetchOffsets = parts.fetchOffsets;
    this.#listOffsets = parts.listOffsets;
    this.#protocol = parts.consumerProtocol;
  }

  /** Throws GROUP_ID_NOT_FOUND, and what a coordinator that cannot answer throws. */
  async execute(groupId: string): Promise<GroupStanding> {
    const described = await this.describe(groupId);
    return { ...described, lags: await this.#lags(described) };
  }

  /** All but the lags, which cost most. Throws as `execute` does. */
  async describe(groupId: string): Promise<GroupDescription> {
    return (await this.#consumerGroup(groupId)) ?? (await this.#classicGroup(groupId));
  }

  async #consumerGroup(groupId: string): Promise<GroupDescription | null> {
    const [answer] = await this.#describeConsumerGroups.execute([groupId]);
    const { error, message, group } = answer!;
    if (error === 'GROUP_ID_NOT_FOUND') return null;
    if (group === null) throw new BrokerError(error!, message ?? error!);
    return { ...described(group), groupId, kind: 'consumer' };
  }

  async #classicGroup(groupId: string): Promise<GroupDescription> {
    const [answer] = await this.#describeGroups.execute([groupId]);
    const { error, group } = answer!;
    if (group === null) throw new BrokerError(error!, error!);
    if (group.state === 'Dead') {
      throw new BrokerError('GROUP_ID_NOT_FOUND', `there is no group ${groupId}`);
    }
    const members = group.members.map(member => this.#classicMember(member));
    const { state, protocolName: assignor } = group;
    return { groupId, kind: 'classic', state, assignor, members };
  }

  #classicMember({ assignment, memberId, ...member }: DescribedMember): GroupMember {
    const { instanceId, clientId, clientHost } = member;
    const read = assignment.length === 0 ? null : this.#protocol.readAssignment(assignment);
    return {
      ...{ memberId, instanceId, clientId, clientHost },
      assignment: read?.assignedPartitions ?? [],
    };
  }

  async #lags({ groupId, members }: GroupDescription): Promise<PartitionLag[]> {
    const nobody = { memberId: null, memberEpoch: -1 };
    const query = { groupId, ...nobody, requireStable: false, topics: null };
    const [answer] = await this.#fetchOffsets.execute([query]);
    if (answer!.error !== null) throw new BrokerError(answer!.error, answer!.error);
    const readers = readersOf(members);
    const committed = answer!.topics.flatMap(({ topic, offsets }) =>
      offsets.map(({ partition, offset }) => ({ topic: topic ?? '', partition, offset })),
    );
    const ends = await this.#listOffsets.execute(
      committed.map(({ topic, partition }) => ({
        topic,
        partition,
        topicId: null,
        spec: 'latest',
        currentLeaderEpoch: -1,
      })),
    );
    const lags = committed.map(({ topic, partition, offset }, at): PartitionLag => {
      const endOffset = ends[at]!.error === null ? ends[at]!.offset : -1;
      const lag = Math.max(0, endOffset - offset);
      const member = readers.get(`${topic} ${partition}`) ?? null;
      return { topic, partition, committedOffset: offset, endOffset, lag, member };
    });
    return lags.sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition);
  }
}

function described(group: NonNullable<DescribeConsumerGroupReply['group']>) {
  const members = group.members.map(
    ({ memberId, instanceId, clientId, clientHost, assignment }): GroupMember => ({
      ...{ memberId, instanceId, clientId, clientHost },
      assignment,
    }),
  );
  return { state: group.state, assignor: group.assignor, members };
}

function readersOf(members: readonly GroupMember[]): ReadonlyMap<string, GroupMember> {
  const readers = new Map<string, GroupMember>();
  for (const member of members) {
    for (const { topic, partitions } of member.assignment) {
      for (const partition of partitions) readers.set(`${topic} ${partition}`, member);
    }
  }
  return readers;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
