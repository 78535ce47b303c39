import type { DeleteGroups as DeleteGroupsUseCase } from '../../../../domain/use-cases/delete-groups.ts';
import { DeleteGroups } from '../messages/delete-groups.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode } from './errors.ts';

/** Deletes groups (KIP-229). */
export function deleteGroupsHandler(deleteGroups: DeleteGroupsUseCase): ServedApi {
  return serve(DeleteGroups, async ({ groupsNames }) => {
    const results = await deleteGroups.execute(groupsNames);
    return {
      throttleTimeMs: 0,
      results: results.map(({ groupId, error }) => ({ groupId, errorCode: errorCode(error) })),
    };
  });
}
