import { refused } from '../../../../domain/model/outcome.ts';
import type { AlterConfigs as AlterConfigsUseCase } from '../../../../domain/use-cases/alter-configs.ts';
import {
  IncrementalAlterConfigs,
  type IncrementalAlterConfigsRequest,
} from '../messages/incremental-alter-configs.ts';
import { serve, type ServedApi } from '../registry.ts';
import { alteredResources } from './altered-resources.ts';
import { configOperationOf, resourceTypeOf } from './config-codes.ts';
import { orErrorResponse } from './errors.ts';

/** Changes single settings of resources (KIP-339). */
export function incrementalAlterConfigsHandler(alterConfigs: AlterConfigsUseCase): ServedApi {
  const handle = async ({ resources, validateOnly }: IncrementalAlterConfigsRequest) => {
    const results = await alterConfigs.execute({
      mode: 'incremental',
      validateOnly,
      resources: resources.map(changesOf),
    });
    return alteredResources(resources, at => results[at]!);
  };
  return serve(
    IncrementalAlterConfigs,
    orErrorResponse(handle, ({ resources }, { code, message }) => {
      return alteredResources(resources, () => refused(code, message));
    }),
  );
}

function changesOf(resource: IncrementalAlterConfigsRequest['resources'][number]) {
  const { resourceType, resourceName, configs } = resource;
  const changes = configs.map(({ name, configOperation, value }) => ({
    name,
    operation: configOperationOf(configOperation),
    value,
  }));
  return { resource: { type: resourceTypeOf(resourceType), name: resourceName }, changes };
}
