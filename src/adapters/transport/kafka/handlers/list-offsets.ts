import type { ErrorName } from '../../../../domain/model/error.ts';
import { duplicatesIn } from '../../../../domain/model/outcome.ts';
import type {
  ListedOffset,
  ListOffsets as ListOffsetsUseCase,
  OffsetQuery,
  OffsetSpec,
} from '../../../../domain/use-cases/list-offsets.ts';
import {
  ListOffsets,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../messages/list-offsets.ts';
import { serve, type ServedApi } from '../registry.ts';
import { byTopic, fromPartitions } from './by-topic.ts';
import { errorCode } from './errors.ts';

type Topics = ListOffsetsRequest['topics'];
type PartitionResponse = ListOffsetsResponse['topics'][number]['partitions'][number];

const FIRST_VERSION_WITH_EPOCHS = 4;

/**
 * What negative timestamps mean, and since which version (ReplicaManager.timestampMinSupportedVersion): KIP-734, KIP-405,
 * KIP-1005, KIP-1023. The local log begins where the log does, since nothing is tiered.
 */
const SPECIAL_TIMESTAMPS: ReadonlyMap<number, { spec: OffsetSpec; since: number }> = new Map([
  [-1, { spec: 'latest', since: 1 }],
  [-2, { spec: 'earliest', since: 1 }],
  [-3, { spec: 'max-timestamp', since: 7 }],
  [-4, { spec: 'earliest', since: 8 }],
  [-5, { spec: 'latest-tiered', since: 9 }],
  [-6, { spec: 'earliest-pending-upload', since: 11 }],
]);

/**
 * Finds offsets by place or by time. Replicas are answered as consumers are, since there are no followers, and both isolation
 * levels alike, since no transaction is ever open.
 */
export function listOffsetsHandler(listOffsets: ListOffsetsUseCase): ServedApi {
  return serve(ListOffsets, async ({ topics }, { apiVersion }) => {
    const asked = queriesOf(topics, apiVersion);
    const queries = asked.filter(query => typeof query !== 'string');
    const found = (await listOffsets.execute(queries)).values();
    const answers = asked.map(query => {
      return typeof query === 'string' ? { ...NOWHERE, error: query } : found.next().value!;
    });
    const answered = byTopic(topics, answers, ({ partitionIndex }, answer) => {
      return partitionOf(partitionIndex, answer, apiVersion);
    });
    return { topics: answered.map(({ topic: { name }, partitions }) => ({ name, partitions })) };
  });
}

const NOWHERE = { timestamp: -1, offset: -1, leaderEpoch: -1 };

/** What is asked of each partition, or why that cannot be asked (ReplicaManager.fetchOffset). */
function queriesOf(topics: Topics, apiVersion: number): (OffsetQuery | ErrorName)[] {
  const keyOf = (name: string, partition: number): string => `${name}/${partition}`;
  const twice = duplicatesIn(
    fromPartitions(topics, ({ partitionIndex }, { name }) => keyOf(name, partitionIndex)),
  );
  return fromPartitions(topics, ({ partitionIndex, currentLeaderEpoch, timestamp }, { name }) => {
    if (twice.has(keyOf(name, partitionIndex))) return 'INVALID_REQUEST';
    const spec = specOf(timestamp, apiVersion);
    if (spec === null) return 'UNSUPPORTED_VERSION';
    return { topic: name, topicId: null, partition: partitionIndex, spec, currentLeaderEpoch };
  });
}

/** Null for a negative timestamp that has no meaning in this version. */
function specOf(timestamp: number, apiVersion: number): OffsetSpec | null {
  if (timestamp >= 0) return timestamp;
  const special = SPECIAL_TIMESTAMPS.get(timestamp);
  return special !== undefined && apiVersion >= special.since ? special.spec : null;
}

function partitionOf(
  partitionIndex: number,
  { error, timestamp, offset, leaderEpoch }: ListedOffset,
  apiVersion: number,
): PartitionResponse {
  const answer = { partitionIndex, errorCode: errorCode(error), timestamp, offset };
  return apiVersion < FIRST_VERSION_WITH_EPOCHS ? answer : { ...answer, leaderEpoch };
}
