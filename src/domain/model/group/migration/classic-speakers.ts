import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import {
  newMember,
  withFacts,
  withProgress,
  type ConsumerMember,
} from '../consumer/consumer-member.ts';
import type { GroupEvent } from '../group-events.ts';

/** A member of a consumer group that speaks the classic protocol. */
export type ClassicSpeaker = ConsumerMember & {
  readonly classic: NonNullable<ConsumerMember['classic']>;
};

export function speaksClassic(member: ConsumerMember): member is ClassicSpeaker {
  return member.classic !== null;
}

/**
 * The members that a decision leaves, if all of them speak the classic protocol; null if not, if nobody is left, or if it was so
 * before.
 */
export function classicSpeakersLeft(
  group: ConsumerGroup,
  decided: readonly GroupEvent[],
): ClassicSpeaker[] | null {
  if (!losesItsLastConsumer(group, decided)) return null;
  const left = [...membersAfter(group, decided).values()];
  return left.length > 0 && left.every(speaksClassic) ? left : null;
}

/** Whether every member of the consumer protocol, and there is one, goes or changes to the other protocol. */
function losesItsLastConsumer(group: ConsumerGroup, decided: readonly GroupEvent[]): boolean {
  const changed = new Set<string>();
  for (const event of decided) {
    if (event.type === 'consumer-member-deleted') changed.add(event.memberId);
    else if (event.type === 'consumer-member-stored' && event.classic) changed.add(event.memberId);
  }
  if (changed.size === 0) return false;
  let loses = false;
  for (const { memberId, classic } of group.members.values()) {
    if (classic !== null) continue;
    if (!changed.has(memberId)) return false;
    loses = true;
  }
  return loses;
}

function membersAfter(
  group: ConsumerGroup,
  decided: readonly GroupEvent[],
): Map<string, ConsumerMember> {
  const members = new Map(group.members);
  for (const event of decided) {
    if (event.type === 'consumer-member-deleted') members.delete(event.memberId);
    else if (event.type === 'consumer-member-stored') {
      members.set(event.memberId, withFacts(memberIn(members, event), event));
    } else if (event.type === 'consumer-current-assignment-stored') {
      members.set(event.memberId, withProgress(memberIn(members, event), event));
    }
  }
  return members;
}

function memberIn(
  members: ReadonlyMap<string, ConsumerMember>,
  { memberId }: { readonly memberId: string },
): ConsumerMember {
  return members.get(memberId) ?? newMember(memberId);
}
