import {
  array,
  arrayOf,
  int16,
  int32,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-229: groups of any type, if they are empty. */
export const DeleteGroupsRequest = message('DeleteGroupsRequest', '0-3', 2, {
  groupsNames: arrayOf(string),
});
export type DeleteGroupsRequest = Reads<typeof DeleteGroupsRequest>;

export const DeleteGroupsResponse = message('DeleteGroupsResponse', '0-3', 2, {
  throttleTimeMs: int32,
  results: array({
    groupId: string,
    errorCode: int16,
    errorMessage: nullable(string).since(3).default(null).ignorable(),
  }),
});
export type DeleteGroupsResponse = Writes<typeof DeleteGroupsResponse>;

export const DeleteGroups = {
  key: 42,
  name: 'DeleteGroups',
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
} satisfies Api;
