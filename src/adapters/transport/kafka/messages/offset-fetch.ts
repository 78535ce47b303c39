import {
  array,
  arrayOf,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** No topics are all, from v2. v7 waits for transactions (KIP-447), v8 asks of many groups (KIP-709), v9 checks member epochs (KIP-848), v10 topic ids. */
export const OffsetFetchRequest = message('OffsetFetchRequest', '1-10', 6, {
  groupId: string.until(7),
  topics: nullable(array({ name: string, partitionIndexes: arrayOf(int32) }), 2).until(7),
  groups: array({
    groupId: string,
    memberId: nullable(string).since(9).default(null).ignorable(),
    memberEpoch: int32.since(9).default(-1).ignorable(),
    topics: nullable(
      array({
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitionIndexes: arrayOf(int32),
      }),
    ),
  }).since(8),
  requireStable: bool.since(7),
});
export type OffsetFetchRequest = Reads<typeof OffsetFetchRequest>;

/** Offset -1 where nothing was committed. */
export const OffsetFetchResponse = message('OffsetFetchResponse', '1-10', 6, {
  throttleTimeMs: int32.since(3).ignorable(),
  topics: array({
    name: string,
    partitions: array({
      partitionIndex: int32,
      committedOffset: int64,
      committedLeaderEpoch: int32.since(5).default(-1).ignorable(),
      metadata: nullable(string),
      errorCode: int16,
    }),
  }).until(7),
  errorCode: int16.since(2).until(7).ignorable(),
  groups: array({
    groupId: string,
    topics: array({
      name: string.until(9).ignorable(),
      topicId: uuid.since(10).ignorable(),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: int32.default(-1).ignorable(),
        metadata: nullable(string),
        errorCode: int16,
      }),
    }),
    errorCode: int16,
  }).since(8),
});
export type OffsetFetchResponse = Writes<typeof OffsetFetchResponse>;

export const OffsetFetch = {
  key: 9,
  name: 'OffsetFetch',
  request: OffsetFetchRequest,
  response: OffsetFetchResponse,
} satisfies Api;
