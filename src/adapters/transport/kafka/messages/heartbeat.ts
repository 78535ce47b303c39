import {
  int16,
  int32,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** A member of a classic group is alive. v3 static members (KIP-345). */
export const HeartbeatRequest = message('HeartbeatRequest', '0-4', 4, {
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: nullable(string).since(3).default(null),
});
export type HeartbeatRequest = Reads<typeof HeartbeatRequest>;

export const HeartbeatResponse = message('HeartbeatResponse', '0-4', 4, {
  throttleTimeMs: int32.since(1).ignorable(),
  errorCode: int16,
});
export type HeartbeatResponse = Writes<typeof HeartbeatResponse>;

export const Heartbeat = {
  key: 12,
  name: 'Heartbeat',
  request: HeartbeatRequest,
  response: HeartbeatResponse,
} satisfies Api;
