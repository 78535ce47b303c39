import {
  array,
  int16,
  int32,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v3 removes many members, static ones by their instance ids (KIP-345); v5 says why (KIP-800). */
export const LeaveGroupRequest = message('LeaveGroupRequest', '0-5', 4, {
  groupId: string,
  memberId: string.until(2),
  members: array({
    memberId: string,
    groupInstanceId: nullable(string).default(null),
    reason: nullable(string).since(5).default(null).ignorable(),
  }).since(3),
});
export type LeaveGroupRequest = Reads<typeof LeaveGroupRequest>;

export const LeaveGroupResponse = message('LeaveGroupResponse', '0-5', 4, {
  throttleTimeMs: int32.since(1).ignorable(),
  errorCode: int16,
  members: array({ memberId: string, groupInstanceId: nullable(string), errorCode: int16 }).since(
    3,
  ),
});
export type LeaveGroupResponse = Writes<typeof LeaveGroupResponse>;

export const LeaveGroup = {
  key: 13,
  name: 'LeaveGroup',
  request: LeaveGroupRequest,
  response: LeaveGroupResponse,
} satisfies Api;
