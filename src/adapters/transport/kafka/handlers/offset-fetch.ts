import type {
  FetchOffsets,
  GroupOffsetsAnswer,
  GroupOffsetsQuery,
  TopicOffsets,
} from '../../../../domain/use-cases/fetch-offsets.ts';
import {
  OffsetFetch,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
} from '../messages/offset-fetch.ts';
import { serve, type ServedApi } from '../registry.ts';
import { ZERO_UUID } from '../wire/schema.ts';
import { errorCode } from './errors.ts';

const FIRST_VERSION_WITH_ERROR = 2;
const FIRST_VERSION_WITH_MANY = 8;
const FIRST_VERSION_WITH_IDS = 10;
const NO_MEMBER = { memberId: null, memberEpoch: -1 };
const NO_EPOCH = -1;

/** Tells committed offsets: of one group, and from version 8 on of many (KIP-709). */
export function offsetFetchHandler(fetchOffsets: FetchOffsets): ServedApi {
  return serve(OffsetFetch, async (request, { apiVersion }) => {
    if (apiVersion < FIRST_VERSION_WITH_MANY) {
      const [answer] = await fetchOffsets.execute([queryOf(request)]);
      return oneGroup(request, answer!, apiVersion);
    }
    const byId = apiVersion >= FIRST_VERSION_WITH_IDS;
    const answers = await fetchOffsets.execute(queriesOf(request, byId));
    return { topics: [], groups: answers.map(answer => groupOf(answer, byId)) };
  });
}

function queryOf({ groupId, topics, requireStable }: OffsetFetchRequest): GroupOffsetsQuery {
  const wanted = topics?.map(({ name, partitionIndexes }) => ({
    ...{ topic: name, topicId: null },
    partitions: partitionIndexes,
  }));
  return { groupId, ...NO_MEMBER, requireStable, topics: wanted ?? null };
}

function queriesOf({ groups, requireStable }: OffsetFetchRequest, byId: boolean) {
  return groups.map(({ groupId, memberId, memberEpoch, topics }): GroupOffsetsQuery => {
    const wanted = topics?.map(({ name, topicId, partitionIndexes }) => ({
      topic: byId ? null : name,
      topicId: byId ? topicId : null,
      partitions: partitionIndexes,
    }));
    return { groupId, memberId, memberEpoch, requireStable, topics: wanted ?? null };
  });
}

/** The first versions have no field for the error of a group: each partition asked about has it. */
function oneGroup(
  { topics }: OffsetFetchRequest,
  answer: GroupOffsetsAnswer,
  apiVersion: number,
): OffsetFetchResponse {
  const code = errorCode(answer.error);
  if (answer.error === null || apiVersion >= FIRST_VERSION_WITH_ERROR) {
    return { errorCode: code, topics: answer.topics.map(topicOf), groups: [] };
  }
  const refused = topics?.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map(partitionIndex => ({
      ...{ partitionIndex, committedOffset: -1, metadata: '', errorCode: code },
    })),
  }));
  return { topics: refused ?? [], groups: [] };
}

/** Clients that know topics by their ids alone cannot be told of one that has none any more. */
function groupOf({ groupId, error, topics }: GroupOffsetsAnswer, byId: boolean) {
  const told = byId ? topics.filter(({ topicId }) => topicId !== null) : topics;
  return { groupId, errorCode: errorCode(error), topics: told.map(topicOf) };
}

function topicOf({ topic, topicId, offsets }: TopicOffsets) {
  return {
    name: topic ?? '',
    topicId: topicId ?? ZERO_UUID,
    partitions: offsets.map(({ partition, offset, leaderEpoch, metadata, error }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch ?? NO_EPOCH,
      metadata,
      errorCode: errorCode(error),
    })),
  };
}
