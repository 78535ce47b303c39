import {
  addPartition,
  type AssignableGroup,
  type Assignment,
  type MutableAssignment,
} from './assignor.ts';

/** A topic while it is assigned; members are numbers, by their place in the group. */
interface TopicDeal {
  readonly topicId: string;
  readonly subscribers: number[];
  /** The owner of each partition. */
  readonly owners: Int32Array;
}

const NOBODY = -1;

/**
 * How often all topics are gone through. Kafka's bound: where subscriptions overlap without being the same, each round about
 * halves what is left of the imbalance.
 */
const MAX_ROUNDS = 16;

/**
 * The uniform assignor for members that subscribe to different topics: each keeps what it has, free partitions go to the
 * subscriber with the fewest, then partitions move until no subscriber of a topic that owns some of it has two more than another
 * (Kafka's UniformHeterogeneousAssignmentBuilder).
 */
export function assignUniformHeterogeneous(
  group: AssignableGroup,
): ReadonlyMap<string, Assignment> {
  const loads = new Int32Array(group.members.length);
  const deals = dealsOf(group);
  keepAssigned(group, deals, loads);
  const sorted = [...deals.values()].sort(byScarcity);
  for (const deal of sorted) assignFree(deal, loads);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = 0;
    for (const deal of sorted) moved += balance(deal, loads);
    if (moved === 0) break;
  }
  return targetOf(group, sorted);
}

function dealsOf(group: AssignableGroup): Map<string, TopicDeal> {
  const deals = new Map<string, TopicDeal>();
  for (const [topicId, count] of group.partitionCounts) {
    const owners = new Int32Array(count).fill(NOBODY);
    deals.set(topicId, { topicId, subscribers: [], owners });
  }
  group.members.forEach(({ topicIds }, index) => {
    for (const topicId of topicIds) deals.get(topicId)!.subscribers.push(index);
  });
  return deals;
}

function keepAssigned(
  group: AssignableGroup,
  deals: ReadonlyMap<string, TopicDeal>,
  loads: Int32Array,
): void {
  group.members.forEach(({ topicIds, assigned }, index) => {
    for (const [topicId, partitions] of assigned) {
      if (!topicIds.has(topicId)) continue;
      const { owners } = deals.get(topicId)!;
      for (const partition of partitions) {
        if (owners[partition] !== NOBODY) continue;
        owners[partition] = index;
        loads[index]! += 1;
      }
    }
  });
}

/** Topics whose subscribers get many partitions each come first; ties go to few subscribers, then to the smaller id. */
function byScarcity(one: TopicDeal, other: TopicDeal): number {
  const density = (deal: TopicDeal) => deal.owners.length / deal.subscribers.length;
  return (
    density(other) - density(one) ||
    one.subscribers.length - other.subscribers.length ||
    (one.topicId < other.topicId ? -1 : 1)
  );
}

function assignFree(deal: TopicDeal, loads: Int32Array): void {
  deal.owners.forEach((owner, partition) => {
    if (owner !== NOBODY) return;
    const least = leastLoaded(deal.subscribers, loads);
    deal.owners[partition] = least;
    loads[least]! += 1;
  });
}

/** Moves partitions of one topic from its most to its least loaded subscribers; gives how many. */
function balance(deal: TopicDeal, loads: Int32Array): number {
  if (spread(deal.subscribers, loads) < 2) return 0;
  const owned = new Map<number, number[]>();
  deal.owners.forEach((owner, partition) => {
    const partitions = owned.get(owner);
    if (partitions) partitions.push(partition);
    else owned.set(owner, [partition]);
  });
  for (let moved = 0; ; moved++) {
    const most = mostLoaded(owned, loads);
    const least = leastLoaded(deal.subscribers, loads);
    if (most === NOBODY || loads[most]! - loads[least]! < 2) return moved;
    const from = owned.get(most)!;
    deal.owners[from.pop()!] = least;
    if (from.length === 0) owned.delete(most);
    loads[most]! -= 1;
    loads[least]! += 1;
  }
}

function spread(subscribers: readonly number[], loads: Int32Array): number {
  let least = Infinity;
  let most = 0;
  for (const subscriber of subscribers) {
    const load = loads[subscriber]!;
    if (load < least) least = load;
    if (load > most) most = load;
  }
  return most - least;
}

function leastLoaded(subscribers: readonly number[], loads: Int32Array): number {
  let least = subscribers[0]!;
  for (const subscriber of subscribers) {
    if (loads[subscriber]! < loads[least]!) least = subscriber;
  }
  return least;
}

/** Of the members that own partitions of the topic. What is moved never comes back in one turn: the least loaded stays below. */
function mostLoaded(owned: ReadonlyMap<number, unknown>, loads: Int32Array): number {
  let most = NOBODY;
  for (const owner of owned.keys()) {
    if (most === NOBODY || loads[owner]! > loads[most]!) most = owner;
  }
  return most;
}

function targetOf(group: AssignableGroup, deals: readonly TopicDeal[]): Map<string, Assignment> {
  const assignments = group.members.map((): MutableAssignment => new Map());
  for (const { topicId, owners } of deals) {
    owners.forEach((owner, partition) => addPartition(assignments[owner]!, topicId, partition));
  }
  return new Map(group.members.map(({ memberId }, index) => [memberId, assignments[index]!]));
}
