import type { Assignment } from '../assignors/assignor.ts';
import type { AssignedTopic, CurrentTopic } from '../group-events.ts';

/** Partitions by topic id, each with the epoch in which its owner got it (KIP-1251). */
export type CurrentAssignment = ReadonlyMap<string, ReadonlyMap<number, number>>;
export type MutableCurrentAssignment = Map<string, Map<number, number>>;

/** What two kinds of assignment have in common. */
type AnyAssignment = ReadonlyMap<
  string,
  { readonly size: number; has(partition: number): boolean; keys(): Iterable<number> }
>;

export const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

export function assignmentFrom(topics: readonly AssignedTopic[]): Assignment {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]));
}

/** Partitions whose epoch a record does not know count from `epoch` on. */
export function currentFrom(topics: readonly CurrentTopic[], epoch: number): CurrentAssignment {
  return new Map(
    topics.map(({ topicId, partitions, assignmentEpochs }) => [
      topicId,
      new Map(partitions.map((partition, at) => [partition, assignmentEpochs?.[at] ?? epoch])),
    ]),
  );
}

/** As it lies in an event and in an answer: partitions in ascending order. */
export function topicsOf(assignment: AnyAssignment): AssignedTopic[] {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: ascending(partitions.keys()),
  }));
}

export function currentTopicsOf(assignment: CurrentAssignment): CurrentTopic[] {
  return [...assignment].map(([topicId, epochs]) => {
    const partitions = ascending(epochs.keys());
    return { topicId, partitions, assignmentEpochs: partitions.map(each => epochs.get(each)!) };
  });
}

function ascending(partitions: Iterable<number>): number[] {
  return [...partitions].sort((one, other) => one - other);
}

/** Whether two assignments have the same partitions. */
export function samePartitions(one: AnyAssignment, other: AnyAssignment): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others?.size !== partitions.size) return false;
    for (const partition of partitions.keys()) if (!others.has(partition)) return false;
  }
  return true;
}

/** Whether all listed partitions are in the assignment. */
export function isWithin(topics: readonly AssignedTopic[], assignment: AnyAssignment): boolean {
  return topics.every(({ topicId, partitions }) =>
    partitions.every(partition => assignment.get(topicId)?.has(partition)),
  );
}

/** Whether some listed partition is in the assignment. */
export function touches(topics: readonly AssignedTopic[], assignment: AnyAssignment): boolean {
  return topics.some(({ topicId, partitions }) =>
    partitions.some(partition => assignment.get(topicId)?.has(partition)),
  );
}

export function addCurrent(
  to: MutableCurrentAssignment,
  topicId: string,
  [partition, epoch]: readonly [partition: number, epoch: number],
): void {
  const partitions = to.get(topicId);
  if (partitions) partitions.set(partition, epoch);
  else to.set(topicId, new Map([[partition, epoch]]));
}
