import type {
  DescribedConsumer,
  DescribedConsumerGroup,
  DescribedPartitions,
} from '../../../../domain/model/group/consumer/description.ts';
import type {
  ConsumerGroupDescription,
  DescribeConsumerGroups,
} from '../../../../domain/use-cases/describe-consumer-groups.ts';
import {
  ConsumerGroupDescribe,
  type ConsumerGroupDescribeResponse,
} from '../messages/consumer-group-describe.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ALL_GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts';
import { errorCode, errorMessage } from './errors.ts';

type GroupResponse = ConsumerGroupDescribeResponse['groups'][number];

/** KIP-1099. */
const MEMBER_TYPES = { classic: 0, consumer: 1 } as const;

/** Describes consumer groups (KIP-848), not classic ones. */
export function consumerGroupDescribeHandler(describeGroups: DescribeConsumerGroups): ServedApi {
  return serve(ConsumerGroupDescribe, async ({ groupIds, includeAuthorizedOperations }) => {
    const described = await describeGroups.execute(groupIds);
    const authorizedOperations = includeAuthorizedOperations
      ? ALL_GROUP_OPERATIONS
      : OPERATIONS_NOT_ASKED;
    const groups = described.map(one =>
      one.group ? { ...groupOf(one.group), authorizedOperations } : refusal(one),
    );
    return { throttleTimeMs: 0, groups };
  });
}

function groupOf(group: DescribedConsumerGroup): GroupResponse {
  return {
    errorCode: NO_ERROR,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignor,
    members: group.members.map(memberOf),
  };
}

function memberOf(member: DescribedConsumer): GroupResponse['members'][number] {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost } = member;
  return {
    ...{ memberId, instanceId, rackId, memberEpoch, clientId, clientHost },
    subscribedTopicNames: member.subscribedTopics,
    subscribedTopicRegex: member.subscribedRegex,
    assignment: assignmentOf(member.assignment),
    targetAssignment: assignmentOf(member.targetAssignment),
    memberType: MEMBER_TYPES[member.memberType],
  };
}

function assignmentOf(topics: readonly DescribedPartitions[]) {
  return {
    topicPartitions: topics.map(({ topicId, topic, partitions }) => ({
      ...{ topicId, topicName: topic, partitions },
    })),
  };
}

function refusal({ groupId, error, message }: ConsumerGroupDescription): GroupResponse {
  return {
    errorCode: errorCode(error),
    errorMessage: errorMessage(message),
    groupId,
    ...{ groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] },
  };
}
