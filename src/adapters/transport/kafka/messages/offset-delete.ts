import {
  array,
  int16,
  int32,
  message,
  NEVER_FLEXIBLE,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-496: forgets offsets of topics that nobody in the group subscribes to. */
export const OffsetDeleteRequest = message('OffsetDeleteRequest', '0-0', NEVER_FLEXIBLE, {
  groupId: string,
  topics: array({ name: string, partitions: array({ partitionIndex: int32 }) }),
});
export type OffsetDeleteRequest = Reads<typeof OffsetDeleteRequest>;

export const OffsetDeleteResponse = message('OffsetDeleteResponse', '0-0', NEVER_FLEXIBLE, {
  errorCode: int16,
  throttleTimeMs: int32.ignorable(),
  topics: array({
    name: string,
    partitions: array({ partitionIndex: int32, errorCode: int16 }),
  }),
});
export type OffsetDeleteResponse = Writes<typeof OffsetDeleteResponse>;

export const OffsetDelete = {
  key: 47,
  name: 'OffsetDelete',
  request: OffsetDeleteRequest,
  response: OffsetDeleteResponse,
} satisfies Api;
