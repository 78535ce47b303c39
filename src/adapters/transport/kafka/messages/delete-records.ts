import {
  array,
  int16,
  int32,
  int64,
  message,
  saturatingInt64,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-107. An offset of -1 means the high watermark; one past the end is the partition's error, however great. */
export const DeleteRecordsRequest = message('DeleteRecordsRequest', '0-2', 2, {
  topics: array({
    name: string,
    partitions: array({ partitionIndex: int32, offset: saturatingInt64 }),
  }),
  timeoutMs: int32,
});
export type DeleteRecordsRequest = Reads<typeof DeleteRecordsRequest>;

export const DeleteRecordsResponse = message('DeleteRecordsResponse', '0-2', 2, {
  throttleTimeMs: int32,
  topics: array({
    name: string,
    partitions: array({ partitionIndex: int32, lowWatermark: int64, errorCode: int16 }),
  }),
});
export type DeleteRecordsResponse = Writes<typeof DeleteRecordsResponse>;

export const DeleteRecords = {
  key: 21,
  name: 'DeleteRecords',
  request: DeleteRecordsRequest,
  response: DeleteRecordsResponse,
} satisfies Api;
