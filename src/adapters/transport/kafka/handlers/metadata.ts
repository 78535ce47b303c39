import { BrokerError } from '../../../../domain/model/error.ts';
import type { BrokerNode, DescribeCluster } from '../../../../domain/use-cases/describe-cluster.ts';
import type {
  DescribedTopic,
  DescribeTopics,
} from '../../../../domain/use-cases/describe-topics.ts';
import { Metadata, type MetadataRequest, type MetadataResponse } from '../messages/metadata.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import {
  ALL_CLUSTER_OPERATIONS,
  ALL_TOPIC_OPERATIONS,
  OPERATIONS_NOT_ASKED,
} from './authorized-operations.ts';
import { errorCode } from './errors.ts';

type TopicResponse = MetadataResponse['topics'][number];

export interface MetadataUseCases {
  readonly describeTopics: DescribeTopics;
  readonly describeCluster: DescribeCluster;
  /** The epoch that this broker leads every partition with. */
  readonly leaderEpoch: number;
}

const FIRST_VERSION_WITH_NULL = 1;
const FIRST_VERSION_WITH_CHOICE = 4;
const FIRST_VERSION_BY_ID = 12;

/** Says which topics there are and who leads them (v4 auto-creation by choice, v7 leader epochs, v10 ids, v12 by id KIP-516). */
export function metadataHandler(useCases: MetadataUseCases): ServedApi {
  return serve(Metadata, async (request, { apiVersion }) => {
    const cluster = useCases.describeCluster.execute();
    const answer = (topics: TopicResponse[]): MetadataResponse => ({
      brokers: cluster.brokers.map(({ id, host, port }) => ({ nodeId: id, host, port })),
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId,
      topics,
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: ALL_CLUSTER_OPERATIONS }
        : {}),
    });
    try {
      refuseUnreadable(request, apiVersion);
      const described = await useCases.describeTopics.execute({
        topics: askedFor(request, apiVersion),
        // Before it could be chosen, asking for a topic created it.
        allowAutoCreation: apiVersion < FIRST_VERSION_WITH_CHOICE || request.allowAutoTopicCreation,
      });
      const context = { request, self: cluster.brokers[0]!, leaderEpoch: useCases.leaderEpoch };
      return answer(described.map(topic => topicOf(topic, context)));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return answer(refusedTopics(request, error));
    }
  });
}

/** Null, and in version 0 an empty list, ask for all topics. */
function askedFor({ topics }: MetadataRequest, apiVersion: number) {
  if (topics === null || (apiVersion < FIRST_VERSION_WITH_NULL && topics.length === 0)) return null;
  return topics.map(({ name, topicId }) => ({
    name,
    topicId: topicId === ZERO_UUID ? null : topicId,
  }));
}

/** Versions 10 and 11 have ids and nullable names on the wire, but do not serve them (KafkaApis.handleTopicMetadataRequest). */
function refuseUnreadable({ topics }: MetadataRequest, apiVersion: number): void {
  if (apiVersion >= FIRST_VERSION_BY_ID) return;
  const unreadable = topics?.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID);
  if (!unreadable) return;
  throw new BrokerError('INVALID_REQUEST', `version ${apiVersion} asks for topics by name alone`);
}

function topicOf(
  { error, name, topicId, topic }: DescribedTopic,
  context: { request: MetadataRequest; self: BrokerNode; leaderEpoch: number },
): TopicResponse {
  const { request, self, leaderEpoch } = context;
  const operations = request.includeTopicAuthorizedOperations;
  return {
    errorCode: errorCode(error),
    name,
    topicId: topicId ?? ZERO_UUID,
    isInternal: topic?.internal ?? false,
    partitions: Array.from({ length: topic?.partitionCount ?? 0 }, (_, partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: self.id,
      leaderEpoch,
      replicaNodes: [self.id],
      isrNodes: [self.id],
    })),
    topicAuthorizedOperations: operations ? ALL_TOPIC_OPERATIONS : OPERATIONS_NOT_ASKED,
  };
}

function refusedTopics({ topics }: MetadataRequest, { code }: BrokerError): TopicResponse[] {
  return (topics ?? []).map(({ name, topicId }) => ({
    errorCode: errorCode(code),
    // Before version 12 a name cannot be null.
    name: name ?? '',
    topicId,
    partitions: [],
  }));
}
