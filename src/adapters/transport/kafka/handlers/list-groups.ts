import type { ListGroups as ListGroupsUseCase } from '../../../../domain/use-cases/list-groups.ts';
import {
  ListGroups,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from '../messages/list-groups.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** Lists groups (v4 by states KIP-518, v5 by types KIP-848). */
export function listGroupsHandler(listGroups: ListGroupsUseCase): ServedApi {
  const handle = async (request: ListGroupsRequest): Promise<ListGroupsResponse> => {
    const { statesFilter, typesFilter } = request;
    const groups = await listGroups.execute({ states: statesFilter, types: typesFilter });
    return {
      errorCode: NO_ERROR,
      groups: groups.map(({ groupId, protocolType, state, kind }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: GROUP_TYPES[kind],
      })),
    };
  };
  return serve(
    ListGroups,
    orErrorResponse(handle, (_, { code }) => ({ errorCode: errorCode(code), groups: [] })),
  );
}

/** Kafka's Group.GroupType, as it prints them. */
const GROUP_TYPES = { classic: 'classic', consumer: 'consumer' } as const;
