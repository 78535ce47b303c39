import type { BrokerError } from '../../../../domain/model/error.ts';
import type {
  CommitOffsets,
  OffsetCommit as Commit,
} from '../../../../domain/use-cases/commit-offsets.ts';
import {
  OffsetCommit,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
} from '../messages/offset-commit.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { byTopic, fromPartitions } from './by-topic.ts';
import { errorCode, orErrorResponse } from './errors.ts';

const FIRST_VERSION_WITH_MISSING_GROUP = 9;
const FIRST_VERSION_WITH_IDS = 10;
/** No time of retention, no leader epoch. */
const NONE = -1;

/** Commits offsets. */
export function offsetCommitHandler(commitOffsets: CommitOffsets): ServedApi {
  const handle = async (
    request: OffsetCommitRequest,
    { apiVersion }: RequestContext,
  ): Promise<OffsetCommitResponse> => {
    const { retentionTimeMs } = request;
    const errors = await commitOffsets.execute({
      groupId: request.groupId,
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      generationId: request.generationIdOrMemberEpoch,
      retentionMs: retentionTimeMs === NONE ? null : retentionTimeMs,
      knowsMissingGroup: apiVersion >= FIRST_VERSION_WITH_MISSING_GROUP,
      offsets: offsetsOf(request, apiVersion >= FIRST_VERSION_WITH_IDS),
    });
    return responseOf(request, errors.map(errorCode));
  };
  return serve(OffsetCommit, orErrorResponse(handle, errorResponse));
}

function offsetsOf({ topics }: OffsetCommitRequest, byId: boolean): Commit[] {
  return fromPartitions(topics, (partition, { name, topicId }) => ({
    topic: byId ? null : name,
    topicId: byId ? topicId : null,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch === NONE ? null : partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
  }));
}

function responseOf(
  { topics }: OffsetCommitRequest,
  codes: readonly number[],
): OffsetCommitResponse {
  const answered = byTopic(topics, codes, ({ partitionIndex }, code) => ({
    partitionIndex,
    errorCode: code,
  }));
  return {
    topics: answered.map(({ topic: { name, topicId }, partitions }) => ({
      name,
      topicId,
      partitions,
    })),
  };
}

function errorResponse(request: OffsetCommitRequest, { code }: BrokerError): OffsetCommitResponse {
  return responseOf(
    request,
    fromPartitions(request.topics, () => errorCode(code)),
  );
}
