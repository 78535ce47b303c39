import type { BrokerError } from '../../../../domain/model/error.ts';
import type { SyncGroup as SyncGroupUseCase } from '../../../../domain/use-cases/sync-group.ts';
import {
  SyncGroup,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '../messages/sync-group.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_PROTOCOL = 5;
const NOTHING = Buffer.alloc(0);

/** Hands in, and out, the assignments of a classic group's members. */
export function syncGroupHandler(syncGroup: SyncGroupUseCase): ServedApi {
  const handle = async (
    request: SyncGroupRequest,
    { apiVersion, signal }: RequestContext,
  ): Promise<SyncGroupResponse> => {
    if (lacksProtocol(request, apiVersion)) {
      return { errorCode: errorCode('INCONSISTENT_GROUP_PROTOCOL'), assignment: NOTHING };
    }
    const { error, ...rest } = await syncGroup.execute(commandOf(request), signal);
    return { errorCode: errorCode(error), ...rest };
  };
  return serve(SyncGroup, orErrorResponse(handle, errorResponse));
}

/** From version 5 on a member says what it takes the group's protocol to be (KIP-559). */
function lacksProtocol({ protocolType, protocolName }: SyncGroupRequest, apiVersion: number) {
  if (apiVersion < FIRST_VERSION_WITH_PROTOCOL) return false;
  return protocolType === null || protocolName === null;
}

/** Assignments are kept for as long as the generation is, so they are copied out of the frame. */
function commandOf(request: SyncGroupRequest) {
  const { groupId, memberId, groupInstanceId, generationId } = request;
  return {
    ...{ groupId, memberId, generationId, instanceId: groupInstanceId },
    protocolType: request.protocolType,
    protocolName: request.protocolName,
    assignments: request.assignments.map(({ memberId, assignment }) => ({
      memberId,
      assignment: Buffer.from(assignment),
    })),
  };
}

function errorResponse(_: SyncGroupRequest, { code }: BrokerError): SyncGroupResponse {
  return { errorCode: errorCode(code), assignment: NOTHING };
}
