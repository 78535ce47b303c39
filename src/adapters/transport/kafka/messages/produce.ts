import {
  array,
  int16,
  int32,
  int64,
  message,
  nullable,
  records,
  string,
  struct,
  uuid,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v7 allows zstd (KIP-110), v8 tells bad records (KIP-467), v10 the new leader (KIP-951), v13 names topics by id (KIP-516). */
export const ProduceRequest = message('ProduceRequest', '3-13', 9, {
  transactionalId: nullable(string).default(null),
  acks: int16,
  timeoutMs: int32,
  topicData: array({
    name: string.until(12).ignorable(),
    topicId: uuid.since(13).ignorable(),
    partitionData: array({ index: int32, records }),
  }),
});
export type ProduceRequest = Reads<typeof ProduceRequest>;

export const ProduceResponse = message('ProduceResponse', '3-13', 9, {
  responses: array({
    name: string.until(12).ignorable(),
    topicId: uuid.since(13).ignorable(),
    partitionResponses: array({
      index: int32,
      errorCode: int16,
      baseOffset: int64,
      logAppendTimeMs: int64.default(-1).ignorable(),
      logStartOffset: int64.since(5).default(-1).ignorable(),
      recordErrors: array({
        batchIndex: int32,
        batchIndexErrorMessage: nullable(string).default(null),
      })
        .since(8)
        .ignorable(),
      errorMessage: nullable(string).since(8).default(null).ignorable(),
      currentLeader: struct({ leaderId: int32.default(-1), leaderEpoch: int32.default(-1) })
        .tagged(0)
        .since(10),
    }),
  }),
  throttleTimeMs: int32.ignorable(),
  nodeEndpoints: array({
    nodeId: int32,
    host: string,
    port: int32,
    rack: nullable(string).default(null),
  })
    .tagged(0)
    .since(10),
});
export type ProduceResponse = Writes<typeof ProduceResponse>;

/** Version 0 is advertised though not served: librdkafka decides by it whether it may compress (KAFKA-18659). */
export const Produce = {
  key: 0,
  name: 'Produce',
  request: ProduceRequest,
  response: ProduceResponse,
  advertisedMin: 0,
} satisfies Api;
