import type { Heartbeat as HeartbeatUseCase } from '../../../../domain/use-cases/heartbeat.ts';
import { Heartbeat, type HeartbeatRequest } from '../messages/heartbeat.ts';
import { serve, type ServedApi } from '../registry.ts';
import { errorCode, orErrorResponse } from './errors.ts';

/** A member of a classic group is alive, and learns whether the group rebalances. */
export function heartbeatHandler(heartbeat: HeartbeatUseCase): ServedApi {
  const handle = async (request: HeartbeatRequest) => {
    const { groupId, memberId, generationId, groupInstanceId: instanceId } = request;
    const { error } = await heartbeat.execute({ groupId, memberId, generationId, instanceId });
    return { errorCode: errorCode(error) };
  };
  return serve(
    Heartbeat,
    orErrorResponse(handle, (_, { code }) => ({ errorCode: errorCode(code) })),
  );
}
