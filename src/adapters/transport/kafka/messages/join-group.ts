import {
  array,
  bool,
  bytes,
  int16,
  int32,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v1 rebalance timeout, v4 a member id first (KIP-394), v5 static members (KIP-345), v7 protocol type, v8 a reason (KIP-800). */
export const JoinGroupRequest = message('JoinGroupRequest', '0-9', 6, {
  groupId: string,
  sessionTimeoutMs: int32,
  rebalanceTimeoutMs: int32.since(1).default(-1).ignorable(),
  memberId: string,
  groupInstanceId: nullable(string).since(5).default(null),
  protocolType: string,
  protocols: array({ name: string, metadata: bytes }),
  reason: nullable(string).since(8).default(null).ignorable(),
});
export type JoinGroupRequest = Reads<typeof JoinGroupRequest>;

/** Only the leader is told of the members. v9 tells a static leader to keep the assignment that is (KIP-814). */
export const JoinGroupResponse = message('JoinGroupResponse', '0-9', 6, {
  throttleTimeMs: int32.since(2).ignorable(),
  errorCode: int16,
  generationId: int32.default(-1),
  protocolType: nullable(string).since(7).default(null).ignorable(),
  protocolName: nullable(string, 7),
  leader: string,
  skipAssignment: bool.since(9),
  memberId: string,
  members: array({
    memberId: string,
    groupInstanceId: nullable(string).since(5).default(null).ignorable(),
    metadata: bytes,
  }),
});
export type JoinGroupResponse = Writes<typeof JoinGroupResponse>;

export const JoinGroup = {
  key: 11,
  name: 'JoinGroup',
  request: JoinGroupRequest,
  response: JoinGroupResponse,
} satisfies Api;
