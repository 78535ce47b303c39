import { refused } from '../../../../domain/model/outcome.ts';
import type { AlterConfigs as AlterConfigsUseCase } from '../../../../domain/use-cases/alter-configs.ts';
import { AlterConfigs, type AlterConfigsRequest } from '../messages/alter-configs.ts';
import { serve, type ServedApi } from '../registry.ts';
import { alteredResources } from './altered-resources.ts';
import { resourceTypeOf } from './config-codes.ts';
import { orErrorResponse } from './errors.ts';

/** Replaces all settings of resources (KIP-133). It is older than the loggers of KIP-412 and never learnt of them. */
export function alterConfigsHandler(alterConfigs: AlterConfigsUseCase): ServedApi {
  const handle = async ({ resources, validateOnly }: AlterConfigsRequest) => {
    const results = await alterConfigs.execute({
      mode: 'replace',
      validateOnly,
      resources: resources.map(changesOf),
    });
    return alteredResources(resources, at => results[at]!);
  };
  return serve(
    AlterConfigs,
    orErrorResponse(handle, ({ resources }, { code, message }) => {
      return alteredResources(resources, () => refused(code, message));
    }),
  );
}

function changesOf(resource: AlterConfigsRequest['resources'][number]) {
  const { resourceType, resourceName, configs } = resource;
  const known = resourceTypeOf(resourceType);
  const type = known === 'BROKER_LOGGER' ? 'UNKNOWN' : known;
  const changes = configs.map(({ name, value }) => ({ name, operation: 'SET' as const, value }));
  return { resource: { type, name: resourceName } as const, changes };
}
