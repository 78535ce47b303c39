import { ClassicGroup, type ReadSubscription } from './classic/classic-group.ts';
import { ConsumerGroups } from './consumer/consumer-groups.ts';
import type { ConsumerGroupEvent, GroupEvent } from './group-events.ts';
import { GroupOffsets } from './offsets/group-offsets.ts';

/**
 * The groups of a coordinator, with their offsets. A group id is of one kind or the other: whoever makes it the other deletes
 * it first, in the same decision. A group that only keeps offsets is a classic one, and has no record of its own.
 */
export class Groups {
  readonly consumer = new ConsumerGroups();
  readonly offsets = new GroupOffsets();
  readonly #classic = new Map<string, ClassicGroup>();
  readonly #readSubscription: ReadSubscription;

  constructor(readSubscription: ReadSubscription) {
    this.#readSubscription = readSubscription;
  }

  get classic(): ReadonlyMap<string, ClassicGroup> {
    return this.#classic;
  }

  /** The classic group, made if it is not there. */
  ensureClassic(groupId: string, nowMs: number | null): ClassicGroup {
    let group = this.#classic.get(groupId);
    if (!group) {
      group = new ClassicGroup(groupId, this.#readSubscription, nowMs);
      this.#classic.set(groupId, group);
    }
    return group;
  }

  apply(event: GroupEvent): void {
    switch (event.type) {
      case 'offset-stored':
        this.offsets.apply(event);
        return this.#keepOffsets(event.groupId);
      case 'offset-deleted':
        return this.offsets.apply(event);
      case 'classic-group-stored':
        return this.ensureClassic(event.groupId, null).apply(event);
      case 'classic-group-deleted':
        this.#classic.delete(event.groupId);
        return this.#keepOffsets(event.groupId);
      default:
        return this.#applyToConsumer(event);
    }
  }

  /**
   * Compaction may leave offsets before the first record of their group, so that a replay took it for one that only keeps them
   * (GroupMetadataManager.getOrMaybeCreatePersistedConsumerGroup).
   */
  #applyToConsumer(event: ConsumerGroupEvent): void {
    const { groupId } = event;
    this.consumer.apply(event);
    if (event.type === 'consumer-group-deleted') this.#keepOffsets(groupId);
    else if (event.type.endsWith('-stored')) this.#classic.delete(groupId);
  }

  /** Whatever becomes of a group, its offsets are listed, age and can be deleted. */
  #keepOffsets(groupId: string): void {
    if (this.consumer.get(groupId) || !this.offsets.has(groupId)) return;
    this.ensureClassic(groupId, null);
  }
}
