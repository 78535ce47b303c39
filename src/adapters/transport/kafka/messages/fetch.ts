import {
  array,
  arrayOf,
  int16,
  int32,
  int64,
  int8,
  message,
  nullable,
  records,
  saturatingInt64,
  string,
  struct,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v7 sessions (KIP-227), v9 leader epochs (KIP-320), v11 racks (KIP-392), v13 topic ids (KIP-516), v15 replica state (KIP-903). */
export const FetchRequest = message('FetchRequest', '4-18', 12, {
  clusterId: nullable(string).tagged(0).since(12).default(null).ignorable(),
  replicaId: int32.until(14).default(-1),
  replicaState: struct({ replicaId: int32.default(-1), replicaEpoch: int64.default(-1) })
    .tagged(1)
    .since(15),
  maxWaitMs: int32,
  minBytes: int32,
  maxBytes: int32.default(0x7fffffff).ignorable(),
  isolationLevel: int8.ignorable(),
  sessionId: int32.since(7).ignorable(),
  sessionEpoch: int32.since(7).default(-1).ignorable(),
  topics: array({
    topic: string.until(12).ignorable(),
    topicId: uuid.since(13).ignorable(),
    partitions: array({
      partition: int32,
      currentLeaderEpoch: int32.since(9).default(-1).ignorable(),
      fetchOffset: saturatingInt64,
      lastFetchedEpoch: int32.since(12).default(-1),
      logStartOffset: int64.since(5).default(-1).ignorable(),
      partitionMaxBytes: int32,
      replicaDirectoryId: uuid.tagged(0).since(17).ignorable(),
      highWatermark: saturatingInt64
        .tagged(1)
        .since(18)
        .default(Number.MAX_SAFE_INTEGER)
        .ignorable(),
    }),
  }),
  forgottenTopicsData: array({
    topic: string.until(12).ignorable(),
    topicId: uuid.since(13).ignorable(),
    partitions: arrayOf(int32),
  }).since(7),
  rackId: string.since(11).ignorable(),
});
export type FetchRequest = Reads<typeof FetchRequest>;

export const FetchResponse = message('FetchResponse', '4-18', 12, {
  throttleTimeMs: int32.ignorable(),
  errorCode: int16.since(7).ignorable(),
  sessionId: int32.since(7),
  responses: array({
    topic: string.until(12).ignorable(),
    topicId: uuid.since(13).ignorable(),
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      highWatermark: int64,
      lastStableOffset: int64.default(-1).ignorable(),
      logStartOffset: int64.since(5).default(-1).ignorable(),
      divergingEpoch: struct({ epoch: int32.default(-1), endOffset: int64.default(-1) })
        .tagged(0)
        .since(12),
      currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) })
        .tagged(1)
        .since(12),
      snapshotId: struct({ endOffset: int64.default(-1), epoch: int32.default(-1) })
        .tagged(2)
        .since(12),
      abortedTransactions: nullable(array({ producerId: int64, firstOffset: int64 })).ignorable(),
      preferredReadReplica: int32.since(11).default(-1),
      records,
    }),
  }),
  nodeEndpoints: array({
    nodeId: int32,
    host: string,
    port: int32,
    rack: nullable(string).default(null),
  })
    .tagged(0)
    .since(16),
});
export type FetchResponse = Writes<typeof FetchResponse>;

export const Fetch = {
  key: 1,
  name: 'Fetch',
  request: FetchRequest,
  response: FetchResponse,
} satisfies Api;
