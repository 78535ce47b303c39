import type { ResourceType } from '../../../../domain/model/cluster/config-change.ts';
import type { ListConfigResources as ListConfigResourcesUseCase } from '../../../../domain/use-cases/list-config-resources.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import {
  ListConfigResources,
  type ListConfigResourcesRequest,
} from '../messages/list-config-resources.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { RESOURCE_TYPE_CODES, resourceTypeOf } from './config-codes.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const ONLY_CLIENT_METRICS: readonly ResourceType[] = ['CLIENT_METRICS'];

/** Lists what has settings (KIP-1142). Version 0 was ListClientMetricsResources (KIP-714) and asks for those alone. */
export function listConfigResourcesHandler(useCase: ListConfigResourcesUseCase): ServedApi {
  const handle = (
    { resourceTypes }: ListConfigResourcesRequest,
    { apiVersion }: RequestContext,
  ) => {
    const types = apiVersion === 0 ? ONLY_CLIENT_METRICS : resourceTypes.map(resourceTypeOf);
    const configResources = useCase.execute(types).map(({ type, name }) => ({
      resourceName: name,
      resourceType: RESOURCE_TYPE_CODES[type],
    }));
    return { throttleTimeMs: 0, errorCode: NO_ERROR, configResources };
  };
  return serve(
    ListConfigResources,
    orErrorResponse(handle, (_, { code }) => ({
      throttleTimeMs: 0,
      errorCode: errorCode(code),
      configResources: [],
    })),
  );
}
