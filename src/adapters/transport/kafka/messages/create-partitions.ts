import {
  array,
  arrayOf,
  bool,
  int16,
  int32,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-195. `count` is the new total; null assignments leave the choice to the broker. */
export const CreatePartitionsRequest = message('CreatePartitionsRequest', '0-3', 2, {
  topics: array({
    name: string,
    count: int32,
    assignments: nullable(array({ brokerIds: arrayOf(int32) })),
  }),
  timeoutMs: int32,
  validateOnly: bool,
});
export type CreatePartitionsRequest = Reads<typeof CreatePartitionsRequest>;

export const CreatePartitionsResponse = message('CreatePartitionsResponse', '0-3', 2, {
  throttleTimeMs: int32,
  results: array({
    name: string,
    errorCode: int16,
    errorMessage: nullable(string).default(null),
  }),
});
export type CreatePartitionsResponse = Writes<typeof CreatePartitionsResponse>;

export const CreatePartitions = {
  key: 37,
  name: 'CreatePartitions',
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
} satisfies Api;
