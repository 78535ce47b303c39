import type {
  GroupDescription,
  GroupMemberInfo,
} from '../../adapters/transport/kafka/client/groups.ts';
import type {
  KafkaCluster,
  TopicInfo,
} from '../../adapters/transport/kafka/client/kafka-cluster.ts';
import { endOffsets, type Offsets } from '../../adapters/transport/kafka/client/offsets.ts';

/** Where a group is in one partition that it has committed for, or that a member has. */
export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  /** Null where nothing was committed. */
  readonly committed: number | null;
  /** Null for a topic that was deleted. */
  readonly end: number | null;
  /** How many offsets are yet to be read; null where one of the two is not known. */
  readonly lag: number | null;
  /** Null while nobody has it. */
  readonly member: GroupMemberInfo | null;
}

export interface GroupFacts {
  readonly group: GroupDescription;
  readonly committed: ReadonlyMap<string, Offsets>;
  /** Those of the cluster. */
  readonly topics: readonly TopicInfo[];
}

type Owners = ReadonlyMap<string, ReadonlyMap<number, GroupMemberInfo>>;

/** All partitions that a group has to do with, by topic and number. */
export async function groupPartitions(
  cluster: KafkaCluster,
  { group, committed, topics }: GroupFacts,
): Promise<GroupPartition[]> {
  const owners = ownersIn(group);
  const names = [...new Set([...committed.keys(), ...owners.keys()])].sort();
  const found = names.map(async name => {
    const offsets = committed.get(name);
    const owned = owners.get(name);
    const partitions = [...new Set([...(offsets?.keys() ?? []), ...(owned?.keys() ?? [])])];
    const topic = topics.find(one => one.name === name);
    const ends = topic ? await endOffsets(cluster, topic, existing(topic, partitions)) : null;
    return partitions
      .sort((one, other) => one - other)
      .map(partition => ({
        ...{ topic: name, partition, member: owned?.get(partition) ?? null },
        ...position(offsets?.get(partition), ends?.get(partition)),
      }));
  });
  return (await Promise.all(found)).flat();
}

/** A topic that was deleted and made again may have fewer. */
function existing(topic: TopicInfo, partitions: readonly number[]): number[] {
  return partitions.filter(one => topic.partitions.some(({ partition }) => partition === one));
}

function position(committed: number | undefined, end: number | undefined) {
  const isKnown = committed !== undefined && end !== undefined;
  const lag = isKnown ? Math.max(0, end - committed) : null;
  return { committed: committed ?? null, end: end ?? null, lag };
}

function ownersIn({ members }: GroupDescription): Owners {
  const owners = new Map<string, Map<number, GroupMemberInfo>>();
  for (const member of members) {
    for (const { topic, partitions } of member.assigned) {
      const owned = owners.get(topic) ?? new Map<number, GroupMemberInfo>();
      for (const partition of partitions) owned.set(partition, member);
      owners.set(topic, owned);
    }
  }
  return owners;
}
