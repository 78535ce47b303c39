import {
  array,
  arrayOf,
  bool,
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

/** KIP-966: topics page by page; the cursor is where the next page begins. */
export const DescribeTopicPartitionsRequest = message('DescribeTopicPartitionsRequest', '0-0', 0, {
  topics: array({ name: string }),
  responsePartitionLimit: int32.default(2000),
  cursor: nullable(struct({ topicName: string, partitionIndex: int32 })).default(null),
});
export type DescribeTopicPartitionsRequest = Reads<typeof DescribeTopicPartitionsRequest>;

export const DescribeTopicPartitionsResponse = message(
  'DescribeTopicPartitionsResponse',
  '0-0',
  0,
  {
    throttleTimeMs: int32.ignorable(),
    topics: array({
      errorCode: int16,
      name: nullable(string),
      topicId: uuid.ignorable(),
      isInternal: bool.ignorable(),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32.default(-1).ignorable(),
        replicaNodes: arrayOf(int32),
        isrNodes: arrayOf(int32),
        eligibleLeaderReplicas: nullable(arrayOf(int32)).default(null),
        lastKnownElr: nullable(arrayOf(int32)).default(null),
        offlineReplicas: arrayOf(int32).ignorable(),
      }),
      topicAuthorizedOperations: int32.default(-0x80000000),
    }),
    nextCursor: nullable(struct({ topicName: string, partitionIndex: int32 })).default(null),
  },
);
export type DescribeTopicPartitionsResponse = Writes<typeof DescribeTopicPartitionsResponse>;

export const DescribeTopicPartitions = {
  key: 75,
  name: 'DescribeTopicPartitions',
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
} satisfies Api;
