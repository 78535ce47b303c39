import type { LeaveGroupReply } from '../../../../domain/model/group/group-commands.ts';
import type { LeaveGroup as LeaveGroupUseCase } from '../../../../domain/use-cases/leave-group.ts';
import {
  LeaveGroup,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
} from '../messages/leave-group.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_MANY = 3;

/** Leaves a classic group. Until version 2 one member leaves, and its error is that of the response. */
export function leaveGroupHandler(leaveGroup: LeaveGroupUseCase): ServedApi {
  const handle = async (
    request: LeaveGroupRequest,
    { apiVersion }: RequestContext,
  ): Promise<LeaveGroupResponse> => {
    const { groupId } = request;
    const many = apiVersion >= FIRST_VERSION_WITH_MANY;
    const members = many
      ? request.members
      : [{ memberId: request.memberId, groupInstanceId: null }];
    const reply = await leaveGroup.execute({
      groupId,
      members: members.map(({ memberId, groupInstanceId }) => ({
        memberId,
        instanceId: groupInstanceId,
      })),
    });
    return many ? responseOf(reply) : { ...NOBODY, errorCode: errorCode(reply.members[0]!.error) };
  };
  return serve(
    LeaveGroup,
    orErrorResponse(handle, (_, { code }) => ({ ...NOBODY, errorCode: errorCode(code) })),
  );
}

const NOBODY: LeaveGroupResponse = { errorCode: NO_ERROR, members: [] };

function responseOf({ error, members }: LeaveGroupReply): LeaveGroupResponse {
  return {
    errorCode: errorCode(error),
    members: members.map(({ memberId, instanceId, error }) => ({
      memberId,
      groupInstanceId: instanceId,
      errorCode: errorCode(error),
    })),
  };
}
