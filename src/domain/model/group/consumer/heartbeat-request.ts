import { BrokerError } from '../../error.ts';
import type { AssignedTopic } from '../group-events.ts';
import { JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-member.ts';

/** ConsumerGroupHeartbeat as the domain sees it; null is what did not change since the last one. */
export interface ConsumerHeartbeat {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** -1 when it did not change. */
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopics: readonly string[] | null;
  readonly subscribedRegex: string | null;
  readonly serverAssignor: string | null;
  readonly owned: readonly AssignedTopic[] | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** From version 1 on the client makes the member id, for the first request too. */
  readonly bringsMemberId: boolean;
}

export interface ConsumerHeartbeatAnswer {
  readonly memberId: string;
  readonly memberEpoch: number;
  /** 0 in the answer to a member that leaves. */
  readonly heartbeatIntervalMs: number;
  /** Null when it did not change. */
  readonly assignment: readonly AssignedTopic[] | null;
}

/** Kafka's throwIfConsumerGroupHeartbeatRequestIsInvalid, in its order. */
export function validateHeartbeat(request: ConsumerHeartbeat, assignors: readonly string[]): void {
  refuseIf(request.groupId.trim() === '', "GroupId can't be empty.");
  refuseIf(request.instanceId?.trim() === '', "InstanceId can't be empty.");
  refuseIf(request.rackId?.trim() === '', "RackId can't be empty.");
  const needsMemberId = request.bringsMemberId || request.memberEpoch !== JOIN_EPOCH;
  refuseIf(needsMemberId && request.memberId.trim() === '', "MemberId can't be empty.");
  if (request.memberEpoch === JOIN_EPOCH) validateJoin(request);
  if (request.memberEpoch === STATIC_LEAVE_EPOCH) {
    refuseIf(request.instanceId === null, "InstanceId can't be null.");
  }
  refuseIf(request.memberEpoch < STATIC_LEAVE_EPOCH, 'MemberEpoch is invalid.');
  const { serverAssignor } = request;
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    const message = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(', ')}.`;
    throw new BrokerError('UNSUPPORTED_ASSIGNOR', message);
  }
}

/** A member may subscribe to nothing, but it must say so. */
function validateJoin(request: ConsumerHeartbeat): void {
  refuseIf(
    request.rebalanceTimeoutMs === -1,
    'RebalanceTimeoutMs must be provided in first request.',
  );
  refuseIf(request.owned?.length !== 0, 'TopicPartitions must be empty when (re-)joining.');
  refuseIf(
    request.subscribedTopics === null && request.subscribedRegex === null,
    'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
  );
}

export function isLeave(request: ConsumerHeartbeat): boolean {
  return request.memberEpoch === LEAVE_EPOCH || request.memberEpoch === STATIC_LEAVE_EPOCH;
}

/** A request that tells everything asks to be told everything, as clients do when they joined or got an error. */
export function isFull(request: ConsumerHeartbeat): boolean {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopics, subscribedRegex, owned } = request;
  if (memberEpoch === JOIN_EPOCH) return true;
  const subscribed = subscribedTopics !== null || subscribedRegex !== null;
  return rebalanceTimeoutMs !== -1 && subscribed && owned !== null;
}

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new BrokerError('INVALID_REQUEST', message);
}
