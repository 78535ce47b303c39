import type { ConsumerMember } from './consumer-member.ts';

/**
 * Who has each partition, or is still to give it back. During a replay two members may have the same one for a while, when
 * compaction took away the record in which the first gave it up; the later record is right.
 */
export class PartitionOwners {
  readonly #byTopic = new Map<string, Map<number, string>>();

  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#byTopic.get(topicId)?.get(partition);
  }

  add(member: ConsumerMember): void {
    for (const held of [member.assigned, member.pendingRevocation]) {
      for (const [topicId, partitions] of held) {
        const owners = this.#byTopic.get(topicId) ?? new Map<number, string>();
        this.#byTopic.set(topicId, owners);
        for (const partition of partitions.keys()) owners.set(partition, member.memberId);
      }
    }
  }

  remove(member: ConsumerMember): void {
    for (const held of [member.assigned, member.pendingRevocation]) {
      for (const [topicId, partitions] of held) this.#release(topicId, partitions, member.memberId);
    }
  }

  #release(topicId: string, partitions: ReadonlyMap<number, number>, memberId: string): void {
    const owners = this.#byTopic.get(topicId);
    if (!owners) return;
    for (const partition of partitions.keys()) {
      if (owners.get(partition) === memberId) owners.delete(partition);
    }
    if (owners.size === 0) this.#byTopic.delete(topicId);
  }
}
