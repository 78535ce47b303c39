import {
  array,
  int16,
  int32,
  int64,
  message,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-101 and KIP-320: where a leader epoch ended. */
export const OffsetForLeaderEpochRequest = message('OffsetForLeaderEpochRequest', '2-4', 4, {
  replicaId: int32.since(3).default(-2).ignorable(),
  topics: array({
    topic: string,
    partitions: array({
      partition: int32,
      currentLeaderEpoch: int32.default(-1).ignorable(),
      leaderEpoch: int32,
    }),
  }),
});
export type OffsetForLeaderEpochRequest = Reads<typeof OffsetForLeaderEpochRequest>;

export const OffsetForLeaderEpochResponse = message('OffsetForLeaderEpochResponse', '2-4', 4, {
  throttleTimeMs: int32.ignorable(),
  topics: array({
    topic: string,
    partitions: array({
      errorCode: int16,
      partition: int32,
      leaderEpoch: int32.default(-1).ignorable(),
      endOffset: int64.default(-1),
    }),
  }),
});
export type OffsetForLeaderEpochResponse = Writes<typeof OffsetForLeaderEpochResponse>;

export const OffsetForLeaderEpoch = {
  key: 23,
  name: 'OffsetForLeaderEpoch',
  request: OffsetForLeaderEpochRequest,
  response: OffsetForLeaderEpochResponse,
} satisfies Api;
