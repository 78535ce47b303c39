import {
  array,
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

/** The leader hands in every member's assignment, others ask for theirs. v3 static members (KIP-345), v5 protocol (KIP-559). */
export const SyncGroupRequest = message('SyncGroupRequest', '0-5', 4, {
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: nullable(string).since(3).default(null),
  protocolType: nullable(string).since(5).default(null).ignorable(),
  protocolName: nullable(string).since(5).default(null).ignorable(),
  assignments: array({ memberId: string, assignment: bytes }),
});
export type SyncGroupRequest = Reads<typeof SyncGroupRequest>;

export const SyncGroupResponse = message('SyncGroupResponse', '0-5', 4, {
  throttleTimeMs: int32.since(1).ignorable(),
  errorCode: int16,
  protocolType: nullable(string).since(5).default(null).ignorable(),
  protocolName: nullable(string).since(5).default(null).ignorable(),
  assignment: bytes,
});
export type SyncGroupResponse = Writes<typeof SyncGroupResponse>;

export const SyncGroup = {
  key: 14,
  name: 'SyncGroup',
  request: SyncGroupRequest,
  response: SyncGroupResponse,
} satisfies Api;
