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

/** KIP-339. The operations: 0 set, 1 delete, 2 append, 3 subtract. */
export const IncrementalAlterConfigsRequest = message('IncrementalAlterConfigsRequest', '0-1', 1, {
  resources: array({
    resourceType: int8,
    resourceName: string,
    configs: array({ name: string, configOperation: int8, value: nullable(string) }),
  }),
  validateOnly: bool,
});
export type IncrementalAlterConfigsRequest = Reads<typeof IncrementalAlterConfigsRequest>;

export const IncrementalAlterConfigsResponse = message(
  'IncrementalAlterConfigsResponse',
  '0-1',
  1,
  {
    throttleTimeMs: int32,
    responses: array({
      errorCode: int16,
      errorMessage: nullable(string),
      resourceType: int8,
      resourceName: string,
    }),
  },
);
export type IncrementalAlterConfigsResponse = Writes<typeof IncrementalAlterConfigsResponse>;

export const IncrementalAlterConfigs = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
} satisfies Api;
