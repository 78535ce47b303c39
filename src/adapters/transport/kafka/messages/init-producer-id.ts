import {
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v3 lets a producer resume (KIP-360), v4 adds PRODUCER_FENCED (KIP-588). Kafka's v6 (KIP-939) is unstable: not served. */
export const InitProducerIdRequest = message('InitProducerIdRequest', '0-5', 2, {
  transactionalId: nullable(string),
  transactionTimeoutMs: int32,
  producerId: int64.since(3).default(-1),
  producerEpoch: int16.since(3).default(-1),
});
export type InitProducerIdRequest = Reads<typeof InitProducerIdRequest>;

export const InitProducerIdResponse = message('InitProducerIdResponse', '0-5', 2, {
  throttleTimeMs: int32.ignorable(),
  errorCode: int16,
  producerId: int64.default(-1),
  producerEpoch: int16,
});
export type InitProducerIdResponse = Writes<typeof InitProducerIdResponse>;

export const InitProducerId = {
  key: 22,
  name: 'InitProducerId',
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
} satisfies Api;
