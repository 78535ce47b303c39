import type { BrokerError } from '../../../../domain/model/error.ts';
import type { ConsumerGroupHeartbeat as ConsumerGroupHeartbeatUseCase } from '../../../../domain/use-cases/consumer-group-heartbeat.ts';
import { LoopTurns } from '../loop-turns.ts';
import {
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
} from '../messages/consumer-group-heartbeat.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { errorCode, errorMessage, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_OWN_MEMBER_ID = 1;

/** A member of a consumer group joins, stays or leaves (KIP-848), and is told what to consume. */
export function consumerGroupHeartbeatHandler(heartbeat: ConsumerGroupHeartbeatUseCase): ServedApi {
  const turns = new LoopTurns();
  const handle = async (
    request: ConsumerGroupHeartbeatRequest,
    context: RequestContext,
  ): Promise<ConsumerGroupHeartbeatResponse> => {
    // Each member that joins may move all others: a hundred at once would hold up everybody else for too long.
    const answer = await turns.run(() => heartbeat.execute(commandOf(request, context)));
    const { memberId, memberEpoch, heartbeatIntervalMs, assignment } = answer;
    return {
      throttleTimeMs: 0,
      errorCode: NO_ERROR,
      memberId,
      memberEpoch,
      heartbeatIntervalMs,
      assignment: assignment && { topicPartitions: assignment },
    };
  };
  return serve(ConsumerGroupHeartbeat, orErrorResponse(handle, errorResponse));
}

function commandOf(
  request: ConsumerGroupHeartbeatRequest,
  { apiVersion, clientId, clientHost }: RequestContext,
) {
  // Field by field: this is asked by every member of every group all the time.
  return {
    groupId: request.groupId,
    memberId: request.memberId,
    memberEpoch: request.memberEpoch,
    instanceId: request.instanceId,
    rackId: request.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    subscribedTopics: request.subscribedTopicNames,
    subscribedRegex: request.subscribedTopicRegex,
    serverAssignor: request.serverAssignor,
    owned: request.topicPartitions,
    clientId: clientId ?? '',
    // As Java prints an address.
    clientHost: `/${clientHost}`,
    bringsMemberId: apiVersion >= FIRST_VERSION_WITH_OWN_MEMBER_ID,
  };
}

function errorResponse(
  _: ConsumerGroupHeartbeatRequest,
  error: BrokerError,
): ConsumerGroupHeartbeatResponse {
  return {
    throttleTimeMs: 0,
    errorCode: errorCode(error.code),
    errorMessage: errorMessage(error.message),
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
  };
}
