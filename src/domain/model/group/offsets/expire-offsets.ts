import type { ClassicGroup } from '../classic/classic-group.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { OffsetStored } from '../group-events.ts';
import type { Turn } from '../turn.ts';
import { isSubscribed } from './delete-offsets.ts';
import { tombstoneOf } from './group-offsets.ts';

/** From when on an offset ages; null while it does not (KIP-211). */
export type AgesFrom = (offset: OffsetStored) => number | null;

/** Forgets the offsets of a group that are older than `retentionMs`. Gives whether none is left. */
export function expireOffsets(
  turn: Turn,
  group: { readonly offsets: Iterable<OffsetStored>; readonly agesFrom: AgesFrom },
  retentionMs: number,
): boolean {
  const { offsets, agesFrom } = group;
  let left = false;
  for (const stored of offsets) {
    if (hasExpired(stored, agesFrom(stored), { nowMs: turn.nowMs, retentionMs })) {
      turn.emit(tombstoneOf(stored));
    } else {
      left = true;
    }
  }
  turn.divisible = true;
  return !left;
}

/**
 * From when the group became empty; from the commit where nobody ever joined, and for topics that no member of a stable group
 * reads.
 */
export function classicAging(group: ClassicGroup): AgesFrom {
  if (group.protocolType === null) return ({ commitTimestampMs }) => commitTimestampMs;
  if (group.isEmpty) {
    return ({ commitTimestampMs }) => group.stateTimestampMs ?? commitTimestampMs;
  }
  if (group.state !== 'Stable' || group.subscribedTopics === null) return () => null;
  return ({ topic, commitTimestampMs }) => (isSubscribed(group, topic) ? null : commitTimestampMs);
}

/** From the commit, for topics that no member reads: when the group became empty is not kept (ConsumerGroup.offsetExpirationCondition). */
export function consumerAging({ subscribedTopics }: ConsumerGroup): AgesFrom {
  return ({ topic, commitTimestampMs }) => (subscribedTopics.has(topic) ? null : commitTimestampMs);
}

/** A commit may have brought its own end (version 4 and before). */
function hasExpired(
  { expireTimestampMs }: OffsetStored,
  agesFromMs: number | null,
  { nowMs, retentionMs }: { nowMs: number; retentionMs: number },
): boolean {
  if (agesFromMs === null) return false;
  if (expireTimestampMs !== null) return nowMs >= expireTimestampMs;
  return nowMs - agesFromMs >= retentionMs;
}
