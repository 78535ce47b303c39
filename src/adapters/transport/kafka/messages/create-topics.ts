import {
  array,
  arrayOf,
  bool,
  int16,
  int32,
  int8,
  message,
  nullable,
  string,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v4 lets the broker choose counts by -1 (KIP-464), v5 answers with the configs (KIP-525), v7 with the topic id (KIP-516). */
export const CreateTopicsRequest = message('CreateTopicsRequest', '2-7', 5, {
  topics: array({
    name: string,
    numPartitions: int32,
    replicationFactor: int16,
    assignments: array({ partitionIndex: int32, brokerIds: arrayOf(int32) }),
    configs: array({ name: string, value: nullable(string) }),
  }),
  timeoutMs: int32.default(60000),
  validateOnly: bool.default(false),
});
export type CreateTopicsRequest = Reads<typeof CreateTopicsRequest>;

export const CreateTopicsResponse = message('CreateTopicsResponse', '2-7', 5, {
  throttleTimeMs: int32.ignorable(),
  topics: array({
    name: string,
    topicId: uuid.since(7).ignorable(),
    errorCode: int16,
    errorMessage: nullable(string).ignorable(),
    topicConfigErrorCode: int16.tagged(0).since(5).ignorable(),
    numPartitions: int32.since(5).default(-1).ignorable(),
    replicationFactor: int16.since(5).default(-1).ignorable(),
    configs: nullable(
      array({
        name: string,
        value: nullable(string),
        readOnly: bool,
        configSource: int8.default(-1).ignorable(),
        isSensitive: bool,
      }),
    )
      .since(5)
      .ignorable(),
  }),
});
export type CreateTopicsResponse = Writes<typeof CreateTopicsResponse>;

export const CreateTopics = {
  key: 19,
  name: 'CreateTopics',
  request: CreateTopicsRequest,
  response: CreateTopicsResponse,
} satisfies Api;
