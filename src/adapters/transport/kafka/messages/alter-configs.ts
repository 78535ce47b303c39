import {
  array,
  bool,
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

/** KIP-133: replaces all configs of a resource; IncrementalAlterConfigs is what new clients use. */
export const AlterConfigsRequest = message('AlterConfigsRequest', '0-2', 2, {
  resources: array({
    resourceType: int8,
    resourceName: string,
    configs: array({ name: string, value: nullable(string) }),
  }),
  validateOnly: bool,
});
export type AlterConfigsRequest = Reads<typeof AlterConfigsRequest>;

export const AlterConfigsResponse = message('AlterConfigsResponse', '0-2', 2, {
  throttleTimeMs: int32,
  responses: array({
    errorCode: int16,
    errorMessage: nullable(string),
    resourceType: int8,
    resourceName: string,
  }),
});
export type AlterConfigsResponse = Writes<typeof AlterConfigsResponse>;

export const AlterConfigs = {
  key: 33,
  name: 'AlterConfigs',
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
} satisfies Api;
