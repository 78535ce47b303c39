import type {
  AssignableGroup,
  AssignableMember,
  Assignment,
  MutableAssignment,
} from './assignor.ts';

/** A topic while its partitions are dealt out, in ascending order. */
interface TopicDeal {
  readonly partitionCount: number;
  subscribers: number;
  /** How many subscribers have had their share. */
  served: number;
  next: number;
}

/**
 * Gives each member one contiguous range of every topic it subscribes to, and the same range of topics that are alike, so that
 * they can be joined. Static members come first, by instance id, so that a restart changes nothing (Kafka's RangeAssignor).
 */
export function assignRange(group: AssignableGroup): ReadonlyMap<string, Assignment> {
  const deals = topicDeals(group);
  const target = new Map<string, MutableAssignment>();
  for (const member of [...group.members].sort(byStability)) {
    const assignment: MutableAssignment = new Map();
    for (const topicId of member.topicIds) {
      const range = nextRange(deals.get(topicId)!);
      if (range.size > 0) assignment.set(topicId, range);
    }
    target.set(member.memberId, assignment);
  }
  return target;
}

function topicDeals(group: AssignableGroup): Map<string, TopicDeal> {
  const deals = new Map<string, TopicDeal>();
  for (const [topicId, partitionCount] of group.partitionCounts) {
    deals.set(topicId, { partitionCount, subscribers: 0, served: 0, next: 0 });
  }
  for (const { topicIds } of group.members) {
    for (const topicId of topicIds) deals.get(topicId)!.subscribers += 1;
  }
  return deals;
}

/** The first members of a topic get one partition more when its count does not divide. */
function nextRange(deal: TopicDeal): Set<number> {
  const extra = deal.served < deal.partitionCount % deal.subscribers ? 1 : 0;
  const end = deal.next + Math.floor(deal.partitionCount / deal.subscribers) + extra;
  const range = new Set<number>();
  while (deal.next < end) range.add(deal.next++);
  deal.served += 1;
  return range;
}

function byStability(one: AssignableMember, other: AssignableMember): number {
  if (one.instanceId !== null && other.instanceId !== null) {
    return order(one.instanceId, other.instanceId);
  }
  if (one.instanceId !== null) return -1;
  if (other.instanceId !== null) return 1;
  return order(one.memberId, other.memberId);
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
