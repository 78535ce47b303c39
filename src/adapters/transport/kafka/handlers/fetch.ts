import { BrokerError, type ErrorName } from '../../../../domain/model/error.ts';
import type { FetchPartition } from '../../../../domain/model/fetch/fetch-session.ts';
import type { PartitionRef } from '../../../../domain/model/log/partition-ref.ts';
import type { Fetch as FetchUseCase } from '../../../../domain/use-cases/fetch.ts';
import type { FetchAnswer } from '../../../../domain/use-cases/runtime/partition-read.ts';
import { Fetch, type FetchRequest, type FetchResponse } from '../messages/fetch.ts';
import { serve, type RequestContext, type ServedApi } from '../registry.ts';
import { errorCode } from './errors.ts';

type TopicResponse = FetchResponse['responses'][number];

const FIRST_VERSION_WITH_IDS = 13;
const READ_COMMITTED = 1;

/** Reads records (v7 sessions KIP-227, v12 diverging epochs KIP-595, v13 topic ids KIP-516). */
export function fetchHandler(fetch: FetchUseCase): ServedApi {
  return serve(Fetch, async (request, context) => {
    const byId = context.apiVersion >= FIRST_VERSION_WITH_IDS;
    // Only followers name a replica, and this broker has none: without the right to act for the cluster it is refused.
    if (Math.max(request.replicaId, request.replicaState.replicaId) >= 0) {
      return refuseFollower(request, byId);
    }
    try {
      const { sessionId, answers } = await fetch.execute(commandOf(request, context, byId));
      const withAborted = request.isolationLevel === READ_COMMITTED;
      return { errorCode: 0, sessionId, responses: topicsOf(answers, withAborted) };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { errorCode: errorCode(error.code), sessionId: 0, responses: [] };
    }
  });
}

function commandOf(request: FetchRequest, context: RequestContext, byId: boolean) {
  const { allocate, signal } = context;
  const { sessionId, sessionEpoch, maxWaitMs, minBytes, maxBytes } = request;
  const partitions = wantedOf(request, byId);
  const forgotten = forgottenOf(request, byId);
  const session = { sessionId, sessionEpoch, partitions, forgotten, usesTopicIds: byId };
  return { session, maxWaitMs, minBytes, maxBytes, allocate, signal };
}

function wantedOf({ topics }: FetchRequest, byId: boolean): FetchPartition[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(wanted => ({
      ...refOf(byId, { topic, topicId }, wanted.partition),
      fetchOffset: wanted.fetchOffset,
      maxBytes: wanted.partitionMaxBytes,
      currentLeaderEpoch: wanted.currentLeaderEpoch,
      lastFetchedEpoch: wanted.lastFetchedEpoch,
    })),
  );
}

function forgottenOf({ forgottenTopicsData }: FetchRequest, byId: boolean): PartitionRef[] {
  return forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(partition => refOf(byId, { topic, topicId }, partition)),
  );
}

function refOf(
  byId: boolean,
  { topic, topicId }: { topic: string; topicId: string },
  partition: number,
): PartitionRef {
  return byId ? { topic: null, topicId, partition } : { topic, topicId: null, partition };
}

/** Partitions of one topic that follow one another share an entry; a session may bring a topic more than once, as in Kafka. */
function topicsOf(answers: readonly FetchAnswer[], withAborted: boolean): TopicResponse[] {
  const topics: { ref: PartitionRef; partitions: TopicResponse['partitions'][number][] }[] = [];
  for (const answer of answers) {
    let last = topics.at(-1);
    if (last?.ref.topic !== answer.topic || last.ref.topicId !== answer.topicId) {
      topics.push((last = { ref: answer, partitions: [] }));
    }
    last.partitions.push(partitionOf(answer, withAborted));
  }
  return topics.map(({ ref: { topic, topicId }, partitions }) =>
    topicId === null ? { topic: topic ?? '', partitions } : { topicId, partitions },
  );
}

function partitionOf(
  answer: FetchAnswer,
  withAborted: boolean,
): TopicResponse['partitions'][number] {
  const partition = {
    partitionIndex: answer.partition,
    errorCode: errorCode(answer.error),
    highWatermark: answer.highWatermark,
    lastStableOffset: answer.lastStableOffset,
    logStartOffset: answer.logStartOffset,
    abortedTransactions: withAborted ? [] : null,
    records: answer.records,
  };
  return answer.divergence ? { ...partition, divergingEpoch: answer.divergence } : partition;
}

function refuseFollower({ topics }: FetchRequest, byId: boolean): FetchResponse {
  const error: ErrorName = 'TOPIC_AUTHORIZATION_FAILED';
  const responses = topics.map(({ topic, topicId, partitions }) => ({
    ...(byId ? { topicId } : { topic }),
    partitions: partitions.map(({ partition }) => ({
      partitionIndex: partition,
      errorCode: errorCode(error),
      highWatermark: -1,
      abortedTransactions: null,
      records: null,
    })),
  }));
  return { errorCode: 0, sessionId: 0, responses };
}
