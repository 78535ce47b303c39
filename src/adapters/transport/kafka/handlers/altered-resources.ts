import type { Outcome } from '../../../../domain/model/outcome.ts';
import type { AlterConfigsResponse } from '../messages/alter-configs.ts';
import { errorCode } from './errors.ts';

interface NamedResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/**
 * The answer of both APIs that alter configs: what became of each resource, in the request's order. It repeats the request's own
 * numbers of resource types, known or not.
 */
export function alteredResources(
  resources: readonly NamedResource[],
  outcomeAt: (index: number) => Outcome,
): AlterConfigsResponse {
  const responses = resources.map(({ resourceType, resourceName }, at) => {
    const { error, message } = outcomeAt(at);
    return { errorCode: errorCode(error), errorMessage: message, resourceType, resourceName };
  });
  return { throttleTimeMs: 0, responses };
}
