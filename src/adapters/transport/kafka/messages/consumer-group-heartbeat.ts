import {
  array,
  arrayOf,
  int16,
  int32,
  message,
  nullable,
  string,
  struct,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-848: a member joins, stays and leaves; null is "as it was". v1 regular expressions, and the client makes its member id (KIP-1082). */
export const ConsumerGroupHeartbeatRequest = message('ConsumerGroupHeartbeatRequest', '0-1', 0, {
  groupId: string,
  memberId: string,
  memberEpoch: int32,
  instanceId: nullable(string).default(null),
  rackId: nullable(string).default(null),
  rebalanceTimeoutMs: int32.default(-1),
  subscribedTopicNames: nullable(arrayOf(string)).default(null),
  subscribedTopicRegex: nullable(string).since(1).default(null),
  serverAssignor: nullable(string).default(null),
  topicPartitions: nullable(array({ topicId: uuid, partitions: arrayOf(int32) })).default(null),
});
export type ConsumerGroupHeartbeatRequest = Reads<typeof ConsumerGroupHeartbeatRequest>;

/** No assignment is the one the member knows. */
export const ConsumerGroupHeartbeatResponse = message('ConsumerGroupHeartbeatResponse', '0-1', 0, {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullable(string).default(null),
  memberId: nullable(string).default(null),
  memberEpoch: int32,
  heartbeatIntervalMs: int32,
  assignment: nullable(
    struct({ topicPartitions: array({ topicId: uuid, partitions: arrayOf(int32) }) }),
  ).default(null),
});
export type ConsumerGroupHeartbeatResponse = Writes<typeof ConsumerGroupHeartbeatResponse>;

export const ConsumerGroupHeartbeat = {
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  request: ConsumerGroupHeartbeatRequest,
  response: ConsumerGroupHeartbeatResponse,
} satisfies Api;
