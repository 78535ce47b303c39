import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  saturatingInt64,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v2 isolation levels, v4 leader epochs (KIP-320), v7 to v11 more of the negative timestamps, v10 a timeout (KIP-1075). */
export const ListOffsetsRequest = message('ListOffsetsRequest', '1-11', 6, {
  replicaId: int32,
  isolationLevel: int8.since(2),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      currentLeaderEpoch: int32.since(4).default(-1).ignorable(),
      timestamp: saturatingInt64,
    }),
  }),
  timeoutMs: int32.since(10).ignorable(),
});
export type ListOffsetsRequest = Reads<typeof ListOffsetsRequest>;

/** The timestamp is one that a producer chose, so that it can be any. */
export const ListOffsetsResponse = message('ListOffsetsResponse', '1-11', 6, {
  throttleTimeMs: int32.since(2).ignorable(),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      errorCode: int16,
      timestamp: saturatingInt64.default(-1),
      offset: int64.default(-1),
      leaderEpoch: int32.since(4).default(-1),
    }),
  }),
});
export type ListOffsetsResponse = Writes<typeof ListOffsetsResponse>;

export const ListOffsets = {
  key: 2,
  name: 'ListOffsets',
  request: ListOffsetsRequest,
  response: ListOffsetsResponse,
} satisfies Api;
