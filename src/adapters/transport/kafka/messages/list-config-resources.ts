import {
  array,
  arrayOf,
  int16,
  int32,
  int8,
  message,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** KIP-1142; v0 lists client metrics alone (KIP-714) and knows no resource types. */
export const ListConfigResourcesRequest = message('ListConfigResourcesRequest', '0-1', 0, {
  resourceTypes: arrayOf(int8).since(1),
});
export type ListConfigResourcesRequest = Reads<typeof ListConfigResourcesRequest>;

export const ListConfigResourcesResponse = message('ListConfigResourcesResponse', '0-1', 0, {
  throttleTimeMs: int32,
  errorCode: int16,
  configResources: array({
    resourceName: string,
    resourceType: int8.since(1).default(16).ignorable(),
  }),
});
export type ListConfigResourcesResponse = Writes<typeof ListConfigResourcesResponse>;

export const ListConfigResources = {
  key: 74,
  name: 'ListConfigResources',
  request: ListConfigResourcesRequest,
  response: ListConfigResourcesResponse,
} satisfies Api;
