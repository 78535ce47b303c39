import {
  addPartition,
  isHomogeneous,
  type AssignableGroup,
  type AssignableMember,
  type Assignment,
  type MutableAssignment,
} from './assignor.ts';
import { assignUniformHeterogeneous } from './uniform-heterogeneous.ts';

interface TopicPartition {
  readonly topicId: string;
  readonly partition: number;
}

/** What a member had and may still have, in order. */
interface Holding {
  readonly member: AssignableMember;
  readonly kept: TopicPartition[];
}

/**
 * Gives all members as many partitions as each other, plus or minus one, and moves as few as that allows (Kafka's
 * UniformAssignor). Members with different subscriptions are balanced topic by topic.
 */
export function assignUniform(group: AssignableGroup): ReadonlyMap<string, Assignment> {
  if (group.members.length === 0) return new Map();
  if (!isHomogeneous(group)) return assignUniformHeterogeneous(group);
  return assignHomogeneous(group);
}

function assignHomogeneous(group: AssignableGroup): ReadonlyMap<string, Assignment> {
  const free = freePartitions(group);
  const holdings = group.members.map(member => ({ member, kept: keptBy(member, free) }));
  const quotas = quotasOf(group, holdings);
  const pool: TopicPartition[] = [];
  for (const [topicId, partitions] of free) {
    for (const partition of partitions) pool.push({ topicId, partition });
  }
  holdings.forEach(({ kept }, index) => {
    pool.push(...kept.splice(quotas[index]!));
  });
  let next = 0;
  const target = new Map<string, Assignment>();
  holdings.forEach(({ member, kept }, index) => {
    while (kept.length < quotas[index]! && next < pool.length) kept.push(pool[next++]!);
    target.set(member.memberId, assignmentOf(kept));
  });
  return target;
}

/** All partitions of the topics; what a member keeps is taken out. */
function freePartitions(group: AssignableGroup): Map<string, Set<number>> {
  const free = new Map<string, Set<number>>();
  for (const [topicId, count] of group.partitionCounts) {
    free.set(topicId, new Set(Array.from({ length: count }, (_, partition) => partition)));
  }
  return free;
}

function keptBy(member: AssignableMember, free: Map<string, Set<number>>): TopicPartition[] {
  const kept: TopicPartition[] = [];
  for (const [topicId, partitions] of member.assigned) {
    const left = free.get(topicId);
    for (const partition of partitions) {
      if (left?.delete(partition)) kept.push({ topicId, partition });
    }
  }
  return kept;
}

/**
 * How many partitions each member gets. Those that hold more than the minimum have the first right to one partition more:
 * Kafka gives it to whoever comes first, and so moves partitions that could have stayed.
 */
function quotasOf(group: AssignableGroup, holdings: readonly Holding[]): number[] {
  let total = 0;
  for (const count of group.partitionCounts.values()) total += count;
  const minimum = Math.floor(total / holdings.length);
  let extras = total % holdings.length;
  const quotas = new Array<number>(holdings.length).fill(minimum);
  const grant = (wanted: (holding: Holding) => boolean) => {
    holdings.forEach((holding, index) => {
      if (extras === 0 || quotas[index] !== minimum || !wanted(holding)) return;
      quotas[index] = minimum + 1;
      extras -= 1;
    });
  };
  grant(({ kept }) => kept.length > minimum);
  grant(() => true);
  return quotas;
}

function assignmentOf(partitions: readonly TopicPartition[]): Assignment {
  const assignment: MutableAssignment = new Map();
  for (const { topicId, partition } of partitions) addPartition(assignment, topicId, partition);
  return assignment;
}
