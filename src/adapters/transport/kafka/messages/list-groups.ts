import {
  array,
  arrayOf,
  int16,
  int32,
  message,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** Groups of every type; no filter is all. v4 filters by states (KIP-518), v5 by types (KIP-848). */
export const ListGroupsRequest = message('ListGroupsRequest', '0-5', 3, {
  statesFilter: arrayOf(string).since(4),
  typesFilter: arrayOf(string).since(5),
});
export type ListGroupsRequest = Reads<typeof ListGroupsRequest>;

export const ListGroupsResponse = message('ListGroupsResponse', '0-5', 3, {
  throttleTimeMs: int32.since(1).ignorable(),
  errorCode: int16,
  groups: array({
    groupId: string,
    protocolType: string,
    groupState: string.since(4).ignorable(),
    groupType: string.since(5).ignorable(),
  }),
});
export type ListGroupsResponse = Writes<typeof ListGroupsResponse>;

export const ListGroups = {
  key: 16,
  name: 'ListGroups',
  request: ListGroupsRequest,
  response: ListGroupsResponse,
} satisfies Api;
