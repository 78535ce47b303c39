import type {
  DescribedGroup,
  DescribeGroups as DescribeGroupsUseCase,
} from '../../../../domain/use-cases/describe-groups.ts';
import { DescribeGroups, type DescribeGroupsResponse } from '../messages/describe-groups.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ALL_GROUP_OPERATIONS, OPERATIONS_NOT_ASKED } from './authorized-operations.ts';
import { errorCode, errorMessage } from './errors.ts';

type GroupResponse = DescribeGroupsResponse['groups'][number];

const FIRST_VERSION_WITH_NOT_FOUND = 6;

/** Describes classic groups. One that is not there, or is no classic one, is Dead; from version 6 on that is an error besides (KIP-1043). */
export function describeGroupsHandler(describeGroups: DescribeGroupsUseCase): ServedApi {
  return serve(DescribeGroups, async (request, { apiVersion }) => {
    const { groups, includeAuthorizedOperations } = request;
    const described = await describeGroups.execute(groups);
    const asked = { apiVersion, withOperations: includeAuthorizedOperations };
    return { groups: described.map(one => groupOf(one, asked)) };
  });
}

function groupOf(
  { groupId, error, group }: DescribedGroup,
  { apiVersion, withOperations }: { apiVersion: number; withOperations: boolean },
): GroupResponse {
  if (group === null) return { ...NOTHING, groupId, errorCode: errorCode(error) };
  const missing = group.problem !== null && apiVersion >= FIRST_VERSION_WITH_NOT_FOUND;
  return {
    groupId,
    errorCode: missing ? errorCode('GROUP_ID_NOT_FOUND') : NO_ERROR,
    errorMessage: missing ? errorMessage(group.problem) : null,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: group.protocolName,
    members: group.members.map(({ metadata, assignment, instanceId, ...member }) => ({
      ...member,
      groupInstanceId: instanceId,
      memberMetadata: metadata,
      memberAssignment: assignment,
    })),
    authorizedOperations: withOperations && !missing ? ALL_GROUP_OPERATIONS : OPERATIONS_NOT_ASKED,
  };
}

const NOTHING = { groupState: '', protocolType: '', protocolData: '', members: [] };
