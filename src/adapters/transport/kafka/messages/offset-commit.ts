import {
  array,
  int16,
  int32,
  int64,
  message,
  nullable,
  saturatingInt64,
  string,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v6 leader epochs (KIP-320), v7 static members (KIP-345), v9 member epochs (KIP-848), v10 topic ids. */
export const OffsetCommitRequest = message('OffsetCommitRequest', '2-10', 8, {
  groupId: string,
  generationIdOrMemberEpoch: int32.default(-1).ignorable(),
  memberId: string.ignorable(),
  groupInstanceId: nullable(string).since(7).default(null),
  retentionTimeMs: saturatingInt64.until(4).default(-1).ignorable(),
  topics: array({
    name: string.until(9).ignorable(),
    topicId: uuid.since(10).ignorable(),
    partitions: array({
      partitionIndex: int32,
      committedOffset: int64,
      committedLeaderEpoch: int32.since(6).default(-1).ignorable(),
      committedMetadata: nullable(string),
    }),
  }),
});
export type OffsetCommitRequest = Reads<typeof OffsetCommitRequest>;

export const OffsetCommitResponse = message('OffsetCommitResponse', '2-10', 8, {
  throttleTimeMs: int32.since(3).ignorable(),
  topics: array({
    name: string.until(9).ignorable(),
    topicId: uuid.since(10).ignorable(),
    partitions: array({ partitionIndex: int32, errorCode: int16 }),
  }),
});
export type OffsetCommitResponse = Writes<typeof OffsetCommitResponse>;

export const OffsetCommit = {
  key: 8,
  name: 'OffsetCommit',
  request: OffsetCommitRequest,
  response: OffsetCommitResponse,
} satisfies Api;
