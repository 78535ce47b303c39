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

/** KIP-496. Topics that the group reads keep their offsets. */
export function deleteOffsets(
  turn: Turn,
  group: { readonly reads: (topic: string) => boolean; readonly offsets: GroupOffsets },
  command: DeleteOffsets,
): void {
  const { groupId, partitions, replyTo } = command;
  const errors = partitions.map(({ topic, partition }): ErrorName | null => {
    if (group.reads(topic)) return 'GROUP_SUBSCRIBED_TO_TOPIC';
    const stored = group.offsets.get(groupId, topic, partition);
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
