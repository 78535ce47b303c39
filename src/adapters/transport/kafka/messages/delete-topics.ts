import {
  array,
  arrayOf,
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

/** v5 answers with a message, v6 names topics by id as well (KIP-516). */
export const DeleteTopicsRequest = message('DeleteTopicsRequest', '1-6', 4, {
  topics: array({ name: nullable(string).default(null), topicId: uuid }).since(6),
  topicNames: arrayOf(string).until(5).ignorable(),
  timeoutMs: int32,
});
export type DeleteTopicsRequest = Reads<typeof DeleteTopicsRequest>;

export const DeleteTopicsResponse = message('DeleteTopicsResponse', '1-6', 4, {
  throttleTimeMs: int32.ignorable(),
  responses: array({
    name: nullable(string, 6),
    topicId: uuid.since(6).ignorable(),
    errorCode: int16,
    errorMessage: nullable(string).since(5).default(null).ignorable(),
  }),
});
export type DeleteTopicsResponse = Writes<typeof DeleteTopicsResponse>;

export const DeleteTopics = {
  key: 20,
  name: 'DeleteTopics',
  request: DeleteTopicsRequest,
  response: DeleteTopicsResponse,
} satisfies Api;
