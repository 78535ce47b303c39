import {
  array,
  arrayOf,
  bool,
  int16,
  int32,
  int8,
  message,
  nullable,
  string,
  struct,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-848: consumer groups only; DescribeGroups is for classic ones. */
export const ConsumerGroupDescribeRequest = message('ConsumerGroupDescribeRequest', '0-1', 0, {
  groupIds: arrayOf(string),
  includeAuthorizedOperations: bool,
});
export type ConsumerGroupDescribeRequest = Reads<typeof ConsumerGroupDescribeRequest>;

const assignment = struct({
  topicPartitions: array({ topicId: uuid, topicName: string, partitions: arrayOf(int32) }),
});

/** A member type (v1) is -1 unknown, 0 classic, 1 consumer (KIP-1099). */
export const ConsumerGroupDescribeResponse = message('ConsumerGroupDescribeResponse', '0-1', 0, {
  throttleTimeMs: int32,
  groups: array({
    errorCode: int16,
    errorMessage: nullable(string).default(null),
    groupId: string,
    groupState: string,
    groupEpoch: int32,
    assignmentEpoch: int32,
    assignorName: string,
    members: array({
      memberId: string,
      instanceId: nullable(string).default(null),
      rackId: nullable(string).default(null),
      memberEpoch: int32,
      clientId: string,
      clientHost: string,
      subscribedTopicNames: arrayOf(string),
      subscribedTopicRegex: nullable(string).default(null),
      assignment,
      targetAssignment: assignment,
      memberType: int8.since(1).default(-1).ignorable(),
    }),
    authorizedOperations: int32.default(-0x80000000),
  }),
});
export type ConsumerGroupDescribeResponse = Writes<typeof ConsumerGroupDescribeResponse>;

export const ConsumerGroupDescribe = {
  key: 69,
  name: 'ConsumerGroupDescribe',
  request: ConsumerGroupDescribeRequest,
  response: ConsumerGroupDescribeResponse,
} satisfies Api;
