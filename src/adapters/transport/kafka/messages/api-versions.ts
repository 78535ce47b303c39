import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  type Api,
  type Reads,
  type Writes,
} from '../wire/schema.ts';

/** v3 names the client's software (KIP-511), v5 checks which cluster and node the client meant (KIP-1242). */
export const ApiVersionsRequest = message('ApiVersionsRequest', '0-5', 3, {
  clientSoftwareName: string.since(3).ignorable(),
  clientSoftwareVersion: string.since(3).ignorable(),
  clusterId: nullable(string).since(5).default(null).ignorable(),
  nodeId: int32.since(5).default(-1).ignorable(),
});
export type ApiVersionsRequest = Reads<typeof ApiVersionsRequest>;

/** v3 announces features (KIP-584). */
export const ApiVersionsResponse = message('ApiVersionsResponse', '0-5', 3, {
  errorCode: int16,
  apiKeys: array({ apiKey: int16, minVersion: int16, maxVersion: int16 }),
  throttleTimeMs: int32.since(1).ignorable(),
  supportedFeatures: array({ name: string, minVersion: int16, maxVersion: int16 })
    .tagged(0)
    .since(3)
    .ignorable(),
  finalizedFeaturesEpoch: int64.tagged(1).since(3).default(-1).ignorable(),
  finalizedFeatures: array({ name: string, maxVersionLevel: int16, minVersionLevel: int16 })
    .tagged(2)
    .since(3)
    .ignorable(),
  zkMigrationReady: bool.tagged(3).since(3).ignorable(),
});
export type ApiVersionsResponse = Writes<typeof ApiVersionsResponse>;

/** The response header never has tags: the client cannot know yet which versions the broker speaks. */
export const ApiVersions = {
  key: 18,
  name: 'ApiVersions',
  request: ApiVersionsRequest,
  response: ApiVersionsResponse,
  plainResponseHeader: true,
} satisfies Api;
