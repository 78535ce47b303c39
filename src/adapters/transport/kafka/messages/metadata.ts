import {
  array,
  arrayOf,
  bool,
  int16,
  int32,
  message,
  nullable,
  string,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** Until v0 no topics meant all; from v1 null does. v4 asks whether to create, v8 for operations (KIP-430), v10 by topic id. */
export const MetadataRequest = message('MetadataRequest', '0-13', 9, {
  topics: nullable(array({ topicId: uuid.since(10).ignorable(), name: nullable(string, 10) }), 1),
  allowAutoTopicCreation: bool.since(4).default(true),
  includeClusterAuthorizedOperations: bool.since(8).until(10),
  includeTopicAuthorizedOperations: bool.since(8),
});
export type MetadataRequest = Reads<typeof MetadataRequest>;

/** The authorized operations are a bit field; its default, the least int32, says that nobody asked. */
export const MetadataResponse = message('MetadataResponse', '0-13', 9, {
  throttleTimeMs: int32.since(3).ignorable(),
  brokers: array({
    nodeId: int32,
    host: string,
    port: int32,
    rack: nullable(string).since(1).default(null).ignorable(),
  }),
  clusterId: nullable(string).since(2).default(null).ignorable(),
  controllerId: int32.since(1).default(-1).ignorable(),
  topics: array({
    errorCode: int16,
    name: nullable(string, 12),
    topicId: uuid.since(10).ignorable(),
    isInternal: bool.since(1).ignorable(),
    partitions: array({
      errorCode: int16,
      partitionIndex: int32,
      leaderId: int32,
      leaderEpoch: int32.since(7).default(-1).ignorable(),
      replicaNodes: arrayOf(int32),
      isrNodes: arrayOf(int32),
      offlineReplicas: arrayOf(int32).since(5).ignorable(),
    }),
    topicAuthorizedOperations: int32.since(8).default(-0x80000000),
  }),
  clusterAuthorizedOperations: int32.since(8).until(10).default(-0x80000000),
  errorCode: int16.since(13).ignorable(),
});
export type MetadataResponse = Writes<typeof MetadataResponse>;

export const Metadata = {
  key: 3,
  name: 'Metadata',
  request: MetadataRequest,
  response: MetadataResponse,
} satisfies Api;
