import type { GroupTopics } from '../consumer/environment.ts';
import type { OffsetDeleted, OffsetEvent, OffsetStored } from '../group-events.ts';

type OfPartitions = Map<number, OffsetStored>;
type OfTopics = Map<string, OfPartitions>;

const NOTHING: OfTopics = new Map();

/** The committed offsets of all groups of a coordinator. */
export class GroupOffsets {
  readonly #byGroup = new Map<string, OfTopics>();

  has(groupId: string): boolean {
    return this.#byGroup.has(groupId);
  }

  get(groupId: string, topic: string, partition: number): OffsetStored | undefined {
    return this.#byGroup.get(groupId)?.get(topic)?.get(partition);
  }

  *ofGroup(groupId: string): Generator<OffsetStored> {
    for (const partitions of (this.#byGroup.get(groupId) ?? NOTHING).values()) {
      yield* partitions.values();
    }
  }

  /** Those of one topic, whatever their group. */
  *ofTopic(topic: string): Generator<OffsetStored> {
    for (const topics of this.#byGroup.values()) yield* topics.get(topic)?.values() ?? [];
  }

  *all(): Generator<OffsetStored> {
    for (const groupId of this.#byGroup.keys()) yield* this.ofGroup(groupId);
  }

  apply(event: OffsetEvent): void {
    if (event.type === 'offset-deleted') return this.#remove(event);
    let topics = this.#byGroup.get(event.groupId);
    if (!topics) this.#byGroup.set(event.groupId, (topics = new Map<string, OfPartitions>()));
    let partitions = topics.get(event.topic);
    if (!partitions) topics.set(event.topic, (partitions = new Map<number, OffsetStored>()));
    partitions.set(event.partition, event);
  }

  #remove({ groupId, topic, partition }: OffsetDeleted): void {
    const topics = this.#byGroup.get(groupId);
    const partitions = topics?.get(topic);
    if (!topics || !partitions?.delete(partition)) return;
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#byGroup.delete(groupId);
  }
}

/** Whether the topic that an offset was committed for is the one that has its name now; one that is gone is none. */
export function isOfPresentTopic({ topic, topicId }: OffsetStored, topics: GroupTopics): boolean {
  const present = topics.topicNamed(topic);
  return present !== undefined && (topicId === null || topicId === present.id);
}

/** The tombstone of a committed offset. */
export function tombstoneOf({ groupId, topic, partition }: OffsetStored): OffsetDeleted {
  return { type: 'offset-deleted', groupId, topic, partition };
}
