import type { AssignableMember, Assignment } from '../assignors/assignor.ts';
import { ASSIGNORS } from '../assignors/assignors.ts';
import type { ConsumerGroupEvent } from '../group-events.ts';
import { samePartitions, topicsOf } from './assignment.ts';
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts';
import type { ConsumerMember, MemberFacts } from './consumer-member.ts';
import type { GroupTopics } from './environment.ts';

/** A group as it will be when the decision under way has come true. */
export interface NextGroup {
  readonly group: ConsumerGroup;
  readonly members: readonly ConsumerMember[];
  readonly regexes: ReadonlyMap<string, ResolvedRegex>;
  readonly topics: GroupTopics;
  /** The assignors that are served. */
  readonly assignors: readonly string[];
  /** The target of a member up to now; a static member goes on with that of the one it replaces. */
  readonly targetOf: (memberId: string) => Assignment;
}

/** The target of all members, by the assignor that most of them ask for (Kafka's TargetAssignmentBuilder). */
export function computeTarget(next: NextGroup): ReadonlyMap<string, Assignment> {
  const partitionCounts = new Map<string, number>();
  const topicIdsOf = topicIdsBySubscription(next, partitionCounts);
  const members = next.members.map((member): AssignableMember => ({
    memberId: member.memberId,
    instanceId: member.instanceId,
    topicIds: topicIdsOf(member),
    assigned: next.targetOf(member.memberId),
  }));
  return ASSIGNORS.get(preferredAssignor(next.members, next.assignors))!({
    members,
    partitionCounts,
  });
}

/** Members mostly subscribe alike: equal subscriptions are looked up once. */
function topicIdsBySubscription(
  { topics, regexes }: NextGroup,
  partitionCounts: Map<string, number>,
): (member: MemberFacts) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return ({ subscribedTopics, subscribedRegex }) => {
    const key = JSON.stringify([subscribedTopics, subscribedRegex]);
    const before = known.get(key);
    if (before) return before;
    const ids = new Set<string>();
    const resolved = regexes.get(subscribedRegex ?? '')?.topics ?? [];
    for (const name of [...subscribedTopics, ...resolved]) {
      const topic = topics.topicNamed(name);
      if (!topic) continue;
      ids.add(topic.id);
      partitionCounts.set(topic.id, topic.partitionCount);
    }
    known.set(key, ids);
    return ids;
  };
}

/** The assignor with the most votes among those served; ties go to the first, which also is the default. */
export function preferredAssignor(
  members: Iterable<MemberFacts>,
  assignors: readonly string[],
): string {
  const votes = new Map<string, number>();
  for (const { serverAssignor } of members) {
    if (serverAssignor === null) continue;
    votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  }
  let preferred = assignors[0]!;
  for (const name of assignors) {
    if ((votes.get(name) ?? 0) > (votes.get(preferred) ?? 0)) preferred = name;
  }
  return preferred;
}

/** The events that bring the target from what it was to what it will be, and to its new epoch. */
export function targetEvents(
  next: NextGroup,
  target: ReadonlyMap<string, Assignment>,
  epoch: { readonly groupEpoch: number; readonly nowMs: number },
): ConsumerGroupEvent[] {
  const groupId = next.group.id;
  const events: ConsumerGroupEvent[] = [];
  for (const [memberId, assignment] of target) {
    const before = next.group.target.get(memberId);
    if (before && samePartitions(before, assignment)) continue;
    const topics = topicsOf(assignment);
    events.push({ type: 'consumer-target-assignment-stored', groupId, memberId, topics });
  }
  events.push({
    type: 'consumer-target-epoch-stored',
    groupId,
    assignmentEpoch: epoch.groupEpoch,
    assignmentTimestampMs: epoch.nowMs,
  });
  return events;
}
