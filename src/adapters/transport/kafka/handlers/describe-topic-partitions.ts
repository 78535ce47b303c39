import type {
  DescribeTopicPartitions as DescribeTopicPartitionsUseCase,
  PartitionsOfTopic,
} from '../../../../domain/use-cases/describe-topic-partitions.ts';
import {
  DescribeTopicPartitions,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from '../messages/describe-topic-partitions.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import { ALL_TOPIC_OPERATIONS } from './authorized-operations.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** Who leads every partition: this broker, since there is no other, at the epoch of its start. */
export interface Leadership {
  readonly brokerId: number;
  readonly leaderEpoch: number;
}

type TopicResponse = DescribeTopicPartitionsResponse['topics'][number];

/** Describes topics page by page (KIP-966). The authorized operations need not be asked for, unlike Metadata's. */
export function describeTopicPartitionsHandler(
  useCase: DescribeTopicPartitionsUseCase,
  leadership: Leadership,
): ServedApi {
  const handle = (request: DescribeTopicPartitionsRequest): DescribeTopicPartitionsResponse => {
    const { topics, nextCursor } = useCase.execute(queryOf(request));
    return {
      topics: topics.map(topic => topicOf(topic, leadership)),
      nextCursor: nextCursor && {
        topicName: nextCursor.topic,
        partitionIndex: nextCursor.partition,
      },
    };
  };
  return serve(
    DescribeTopicPartitions,
    orErrorResponse(handle, ({ topics }, { code }) => ({
      topics: topics.map(({ name }) => ({ errorCode: errorCode(code), name, partitions: [] })),
    })),
  );
}

function queryOf({ topics, responsePartitionLimit, cursor }: DescribeTopicPartitionsRequest) {
  return {
    names: topics.map(({ name }) => name),
    partitionLimit: responsePartitionLimit,
    cursor: cursor && { topic: cursor.topicName, partition: cursor.partitionIndex },
  };
}

function topicOf(
  { error, name, topicId, topic, from, to }: PartitionsOfTopic,
  { brokerId, leaderEpoch }: Leadership,
): TopicResponse {
  return {
    errorCode: errorCode(error),
    name,
    topicId: topicId ?? ZERO_UUID,
    isInternal: topic?.internal ?? false,
    partitions: Array.from({ length: to - from }, (_, at) => ({
      errorCode: NO_ERROR,
      partitionIndex: from + at,
      leaderId: brokerId,
      leaderEpoch,
      replicaNodes: [brokerId],
      isrNodes: [brokerId],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: [],
    })),
    topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
  };
}
