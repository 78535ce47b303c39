import type { BrokerError } from '../../../../domain/model/error.ts';
import type { JoinGroup as JoinGroupUseCase } from '../../../../domain/use-cases/join-group.ts';
import {
  JoinGroup,
  type JoinGroupRequest,
  type JoinGroupResponse,
} from '../messages/join-group.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_REBALANCE_TIMEOUT = 1;
const FIRST_VERSION_WITH_MEMBER_ID_FIRST = 4;
const FIRST_VERSION_WITH_NULL_PROTOCOL = 7;
const FIRST_VERSION_WITH_SKIPPING = 9;

/** Joins a classic group. The response may take as long as the group's rebalance does. */
export function joinGroupHandler(joinGroup: JoinGroupUseCase): ServedApi {
  const handle = async (
    request: JoinGroupRequest,
    context: RequestContext,
  ): Promise<JoinGroupResponse> => {
    const reply = await joinGroup.execute(commandOf(request, context), context.signal);
    return {
      errorCode: errorCode(reply.error),
      generationId: reply.generationId,
      protocolType: reply.protocolType,
      protocolName: protocolNameFor(context, reply.protocolName),
      leader: reply.leaderId,
      skipAssignment: reply.skipAssignment,
      memberId: reply.memberId,
      members: reply.members.map(({ memberId, instanceId, metadata }) => ({
        memberId,
        groupInstanceId: instanceId,
        metadata,
      })),
    };
  };
  return serve(JoinGroup, orErrorResponse(handle, errorResponse));
}

/** What is kept for longer than the request is copied out of its frame. */
function commandOf(
  request: JoinGroupRequest,
  { apiVersion, clientId, clientHost }: RequestContext,
) {
  const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
  return {
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    clientId: clientId ?? '',
    // As Java prints an address.
    clientHost: `/${clientHost}`,
    sessionTimeoutMs,
    rebalanceTimeoutMs:
      apiVersion < FIRST_VERSION_WITH_REBALANCE_TIMEOUT ? sessionTimeoutMs : rebalanceTimeoutMs,
    protocolType: request.protocolType,
    protocols: request.protocols.map(({ name, metadata }) => ({
      name,
      metadata: Buffer.from(metadata),
    })),
    requiresMemberId: apiVersion >= FIRST_VERSION_WITH_MEMBER_ID_FIRST,
    canSkipAssignment: apiVersion >= FIRST_VERSION_WITH_SKIPPING,
  };
}

function protocolNameFor({ apiVersion }: RequestContext, name: string | null): string | null {
  return apiVersion < FIRST_VERSION_WITH_NULL_PROTOCOL ? (name ?? '') : name;
}

function errorResponse(
  { memberId }: JoinGroupRequest,
  { code }: BrokerError,
  context: RequestContext,
): JoinGroupResponse {
  const protocolName = protocolNameFor(context, null);
  return {
    errorCode: errorCode(code),
    protocolName,
    leader: '',
    memberId,
    members: [],
    skipAssignment: false,
  };
}
