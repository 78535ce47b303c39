import { ApiVersions, type ApiVersionsResponse } from '../messages/api-versions.ts';
import { ERROR_CODES, NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ApiRegistry, type ServedApi } from '../registry.ts';

/** Who this broker is, for clients that say whom they meant to reach. */
export interface BrokerIdentity {
  readonly clusterId: string;
  readonly brokerId: number;
  /** Of the features, too: they change with the broker alone. */
  readonly leaderEpoch: number;
}

/** The consumer group protocol is there (KIP-848, Kafka's GroupVersion): clients look for it here before they use it. */
const GROUP_VERSION = { name: 'group.version', minVersion: 0, maxVersion: 1, finalized: 1 };
/** Clients before it cannot read a feature that begins at 0 (KAFKA-17492). */
const FIRST_VERSION_WITH_ZERO = 4;

/** What KIP-511 lets a client call itself. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** Says what is served: the registry's ranges, and features (KIP-35; v3 KIP-511, KIP-584; v5 KIP-1242). */
export function apiVersionsHandler(registry: ApiRegistry, identity: BrokerIdentity): ServedApi {
  return serve(ApiVersions, (request, { apiVersion }) => {
    const { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId } = request;
    const named =
      SOFTWARE_NAME.test(clientSoftwareName) && SOFTWARE_NAME.test(clientSoftwareVersion);
    if (apiVersion >= 3 && !named) return { errorCode: ERROR_CODES.INVALID_REQUEST, apiKeys: [] };
    const otherCluster = clusterId !== null && clusterId !== identity.clusterId;
    if (otherCluster || (nodeId >= 0 && nodeId !== identity.brokerId)) {
      return { errorCode: ERROR_CODES.REBOOTSTRAP_REQUIRED, apiKeys: [] };
    }
    return {
      errorCode: NO_ERROR,
      apiKeys: served(registry),
      ...features(apiVersion, identity.leaderEpoch),
    };
  });
}

function features(apiVersion: number, finalizedFeaturesEpoch: number) {
  const { name, minVersion, maxVersion, finalized } = GROUP_VERSION;
  const supported = apiVersion >= FIRST_VERSION_WITH_ZERO;
  return {
    supportedFeatures: supported ? [{ name, minVersion, maxVersion }] : [],
    finalizedFeaturesEpoch,
    finalizedFeatures: [{ name, minVersionLevel: finalized, maxVersionLevel: finalized }],
  };
}

/** The answer to an ApiVersions of an unknown version, for its reader to choose one: to be written in version 0. */
export function unsupportedVersion(registry: ApiRegistry): ApiVersionsResponse {
  return { errorCode: ERROR_CODES.UNSUPPORTED_VERSION, apiKeys: served(registry) };
}

function served(registry: ApiRegistry): ApiVersionsResponse['apiKeys'] {
  return registry.apis.map(({ key, request, advertisedMin }) => ({
    apiKey: key,
    minVersion: advertisedMin ?? request.minVersion,
    maxVersion: request.maxVersion,
  }));
}
