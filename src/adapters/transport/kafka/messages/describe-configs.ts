import {
  array,
  arrayOf,
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

/** v1 adds synonyms and sources (KIP-226), v3 types and documentation (KIP-569). Null keys ask for all. */
export const DescribeConfigsRequest = message('DescribeConfigsRequest', '1-4', 4, {
  resources: array({
    resourceType: int8,
    resourceName: string,
    configurationKeys: nullable(arrayOf(string)),
  }),
  includeSynonyms: bool.default(false),
  includeDocumentation: bool.since(3).default(false),
});
export type DescribeConfigsRequest = Reads<typeof DescribeConfigsRequest>;

export const DescribeConfigsResponse = message('DescribeConfigsResponse', '1-4', 4, {
  throttleTimeMs: int32,
  results: array({
    errorCode: int16,
    errorMessage: nullable(string),
    resourceType: int8,
    resourceName: string,
    configs: array({
      name: string,
      value: nullable(string),
      readOnly: bool,
      configSource: int8.default(-1).ignorable(),
      isSensitive: bool,
      synonyms: array({ name: string, value: nullable(string), source: int8 }).ignorable(),
      configType: int8.since(3).ignorable(),
      documentation: nullable(string).since(3).ignorable(),
    }),
  }),
});
export type DescribeConfigsResponse = Writes<typeof DescribeConfigsResponse>;

export const DescribeConfigs = {
  key: 32,
  name: 'DescribeConfigs',
  request: DescribeConfigsRequest,
  response: DescribeConfigsResponse,
} satisfies Api;
