import type { Assignment } from '../assignors/assignor.ts';
import type { AssignedTopic } from '../group-events.ts';
import { topicsOf, type CurrentAssignment } from './assignment.ts';
import type { ConsumerGroup, ConsumerGroupState } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import type { GroupEnvironment, GroupTopics } from './environment.ts';
import { preferredAssignor } from './target-assignment.ts';

export interface DescribedPartitions extends AssignedTopic {
  readonly topic: string;
}

export interface DescribedConsumer {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopics: readonly string[];
  readonly subscribedRegex: string | null;
  readonly assignment: readonly DescribedPartitions[];
  readonly targetAssignment: readonly DescribedPartitions[];
  /** The protocol that the member speaks. */
  readonly memberType: 'classic' | 'consumer';
}

/** What ConsumerGroupDescribe tells of a group. */
export interface DescribedConsumerGroup {
  readonly groupId: string;
  readonly state: ConsumerGroupState;
  readonly epoch: number;
  readonly assignmentEpoch: number;
  readonly assignor: string;
  readonly members: readonly DescribedConsumer[];
}

/** Partitions of topics that are gone are left out, for they have no name. */
export function describeGroup(
  group: ConsumerGroup,
  { topics, settings }: Pick<GroupEnvironment, 'topics' | 'settings'>,
): DescribedConsumerGroup {
  return {
    groupId: group.id,
    state: group.state,
    epoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignor: preferredAssignor(group.members.values(), settings.assignors),
    members: [...group.members.values()].map(member => describeMember(group, member, topics)),
  };
}

function describeMember(
  group: ConsumerGroup,
  member: ConsumerMember,
  topics: GroupTopics,
): DescribedConsumer {
  const { memberId, instanceId, rackId, clientId, clientHost } = member;
  const { subscribedTopics, subscribedRegex } = member;
  return {
    ...{ memberId, instanceId, rackId, clientId, clientHost, subscribedTopics, subscribedRegex },
    memberEpoch: member.epoch,
    assignment: named(member.assigned, topics),
    targetAssignment: named(group.targetOf(memberId), topics),
    memberType: member.classic === null ? 'consumer' : 'classic',
  };
}

function named(assignment: Assignment | CurrentAssignment, topics: GroupTopics) {
  return topicsOf(assignment).flatMap((each): DescribedPartitions[] => {
    const topic = topics.topicWithId(each.topicId);
    return topic ? [{ ...each, topic: topic.name }] : [];
  });
}
