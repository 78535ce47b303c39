import { topicsOf } from '../consumer/assignment.ts';
import type { GroupTopics } from '../consumer/environment.ts';
import type { ClassicProtocol } from '../group-events.ts';

/** Partitions of a topic by its name. */
export interface NamedPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** What a member of the classic protocol says of itself, as far as a consumer group looks at it. */
export interface EmbeddedSubscription {
  /** An assignment for this member is written in the same. */
  readonly version: number;
  readonly topics: readonly string[];
  /** What it still has; nothing from one that gives all up before it joins. */
  readonly ownedPartitions: readonly NamedPartitions[];
  readonly rackId: string | null;
}

/** What is embedded in the classic protocol by members of type `consumer`; null is what cannot be read. */
export interface EmbeddedProtocol {
  readSubscription(bytes: Buffer): EmbeddedSubscription | null;
  readAssignment(bytes: Buffer): { readonly assignedPartitions: readonly NamedPartitions[] } | null;
  writeAssignment(
    assignment: {
      readonly assignedPartitions: readonly NamedPartitions[];
      readonly userData: Buffer | null;
    },
    version: number,
  ): Buffer;
}

/** A member says the same for each of its protocols, so that the first one is read (as Kafka does). */
export function subscriptionOf(
  protocols: readonly ClassicProtocol[],
  embedded: EmbeddedProtocol,
): EmbeddedSubscription | null {
  const [first] = protocols;
  return first ? embedded.readSubscription(first.metadata) : null;
}

/** As a member of a consumer group has them: each once, in order, so that they compare. */
export function subscribedTopicsOf({ topics }: EmbeddedSubscription): string[] {
  return [...new Set(topics)].sort();
}

/** Partitions that exist, by topic id. */
export function existingPartitions(
  named: readonly NamedPartitions[],
  topics: GroupTopics,
): Map<string, Set<number>> {
  const byId = new Map<string, Set<number>>();
  for (const { topic: name, partitions } of named) {
    const topic = topics.topicNamed(name);
    if (!topic) continue;
    const found = byId.get(topic.id) ?? new Set<number>();
    for (const each of partitions) if (each >= 0 && each < topic.partitionCount) found.add(each);
    if (found.size > 0) byId.set(topic.id, found);
  }
  return byId;
}

/** An assignment as the classic protocol has it; partitions of topics that are gone have no name, and are left out. */
export function writeNamed(
  assignment: Parameters<typeof topicsOf>[0],
  version: number,
  { topics, embedded }: { readonly topics: GroupTopics; readonly embedded: EmbeddedProtocol },
): Buffer {
  const assignedPartitions = topicsOf(assignment).flatMap(({ topicId, partitions }) => {
    const topic = topics.topicWithId(topicId);
    return topic ? [{ topic: topic.name, partitions }] : [];
  });
  return embedded.writeAssignment({ assignedPartitions, userData: null }, version);
}
