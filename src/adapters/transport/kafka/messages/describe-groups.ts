import {
  array,
  arrayOf,
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

/** Classic groups. v3 authorized operations (KIP-430), v4 static members (KIP-345), v6 GROUP_ID_NOT_FOUND (KIP-1043). */
export const DescribeGroupsRequest = message('DescribeGroupsRequest', '0-6', 5, {
  groups: arrayOf(string),
  includeAuthorizedOperations: bool.since(3),
});
export type DescribeGroupsRequest = Reads<typeof DescribeGroupsRequest>;

export const DescribeGroupsResponse = message('DescribeGroupsResponse', '0-6', 5, {
  throttleTimeMs: int32.since(1).ignorable(),
  groups: array({
    errorCode: int16,
    errorMessage: nullable(string).since(6).default(null),
    groupId: string,
    groupState: string,
    protocolType: string,
    protocolData: string,
    members: array({
      memberId: string,
      groupInstanceId: nullable(string).since(4).default(null).ignorable(),
      clientId: string,
      clientHost: string,
      memberMetadata: bytes,
      memberAssignment: bytes,
    }),
    authorizedOperations: int32.since(3).default(-0x80000000),
  }),
});
export type DescribeGroupsResponse = Writes<typeof DescribeGroupsResponse>;

export const DescribeGroups = {
  key: 15,
  name: 'DescribeGroups',
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
} satisfies Api;
