import type { ErrorName } from '../../error.ts';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { DeleteOffsets } from '../group-commands.ts';
import type { OffsetStored } from '../group-events.ts';
import type { Turn } from '../turn.ts';
import { tombstoneOf, type GroupOffsets } from './group-offsets.ts';

/** Whether members of the group read the topic; those of a consumer group whose subscriptions are unknown may read any. */
export function isSubscribed(group: ClassicGroup, topic: string): boolean {
  return group.subscribedTopics?.has(topic) ?? group.usesConsumerProtocol;
}

/** KIP-496. Only consumers say what they subscribe to: any other group must be empty (ClassicGroup.validateOffsetDelete). */
export function deleteOffsets(
  turn: Turn,
  { group, offsets }: { group: ClassicGroup; offsets: GroupOffsets },
  command: DeleteOffsets,
): void {
  const { groupId, partitions, replyTo } = command;
  if (!group.isEmpty && !group.usesConsumerProtocol) {
    return turn.reply(replyTo, { error: 'NON_EMPTY_GROUP', errors: [] });
  }
  const errors = partitions.map(({ topic, partition }): ErrorName | null => {
    if (isSubscribed(group, topic)) return 'GROUP_SUBSCRIBED_TO_TOPIC';
    const stored = offsets.get(groupId, topic, partition);
    if (stored) turn.emit(tombstoneOf(stored));
    return null;
  });
  turn.divisible = true;
  turn.reply(replyTo, { error: null, errors });
}

/** Deletes many, none of which depends on another. */
export function deleteAll(turn: Turn, offsets: Iterable<OffsetStored>): void {
  for (const stored of offsets) turn.emit(tombstoneOf(stored));
  turn.divisible = true;
}
