import {
  array,
  arrayOf,
  int16,
  int32,
  int8,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** The key is a group id, a transactional id or a share partition (KIP-932), by its type. v4 asks for many at once (KIP-699). */
export const FindCoordinatorRequest = message('FindCoordinatorRequest', '0-6', 3, {
  key: string.until(3),
  keyType: int8.since(1),
  coordinatorKeys: arrayOf(string).since(4),
});
export type FindCoordinatorRequest = Reads<typeof FindCoordinatorRequest>;

export const FindCoordinatorResponse = message('FindCoordinatorResponse', '0-6', 3, {
  throttleTimeMs: int32.since(1).ignorable(),
  errorCode: int16.until(3),
  errorMessage: nullable(string, 1).since(1).until(3).ignorable(),
  nodeId: int32.until(3),
  host: string.until(3),
  port: int32.until(3),
  coordinators: array({
    key: string,
    nodeId: int32,
    host: string,
    port: int32,
    errorCode: int16,
    errorMessage: nullable(string).ignorable(),
  }).since(4),
});
export type FindCoordinatorResponse = Writes<typeof FindCoordinatorResponse>;

export const FindCoordinator = {
  key: 10,
  name: 'FindCoordinator',
  request: FindCoordinatorRequest,
  response: FindCoordinatorResponse,
} satisfies Api;
