/** Partitions by topic id. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>;
export type MutableAssignment = Map<string, Set<number>>;

/** What an assignor is told of a member. `assigned` is its target up to now, which a sticky assignor keeps as far as it can. */
export interface AssignableMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** The ids of the topics that it subscribes to, all of which exist. */
  readonly topicIds: ReadonlySet<string>;
  readonly assigned: Assignment;
}

export interface AssignableGroup {
  readonly members: readonly AssignableMember[];
  /** The number of partitions of every topic that some member subscribes to, and of no other. */
  readonly partitionCounts: ReadonlyMap<string, number>;
}

/**
 * Gives every partition of every subscribed topic to exactly one member that subscribes to it; the answer has each member.
 * Deterministic: the same group gives the same answer (Kafka's ConsumerGroupPartitionAssignor).
 */
export type Assignor = (group: AssignableGroup) => ReadonlyMap<string, Assignment>;

/** Whether all members subscribe to the same topics. */
export function isHomogeneous(group: AssignableGroup): boolean {
  return group.members.every(({ topicIds }) => topicIds.size === group.partitionCounts.size);
}

/** Adds a partition to an assignment that is being made. */
export function addPartition(to: MutableAssignment, topicId: string, partition: number): void {
  const partitions = to.get(topicId);
  if (partitions) partitions.add(partition);
  else to.set(topicId, new Set([partition]));
}
