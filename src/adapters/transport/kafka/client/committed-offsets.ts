import { OffsetCommit } from '../messages/offset-commit.ts';
import { OffsetFetch } from '../messages/offset-fetch.ts';
import { expectSuccess } from './client-error.ts';
import type { Coordinator } from './coordinator.ts';
import type { TopicInfo } from './kafka-cluster.ts';
import type { Offsets } from './offsets.ts';

/** Who commits: a member in its generation, or nobody, which a group without members allows. */
export interface Committer {
  readonly memberId: string;
  readonly generationId: number;
}

export const NO_MEMBER: Committer = { memberId: '', generationId: -1 };

const FIRST_VERSION_WITH_MANY = 8;
const FIRST_VERSION_WITH_IDS = 10;

/**
 * All that a group has committed, by topic name. `topics` are those of the cluster: from version 10 on the broker names topics
 * by their ids alone.
 */
export async function committedOffsets(
  coordinator: Coordinator,
  topics: readonly TopicInfo[],
): Promise<Map<string, Offsets>> {
  const { groupId } = coordinator;
  const answer = await coordinator.ask(
    OffsetFetch,
    version =>
      version < FIRST_VERSION_WITH_MANY
        ? { groupId, topics: version < 2 ? asked(topics) : null }
        : { groups: [{ groupId, topics: null }] },
    ({ errorCode, groups }) => [errorCode, ...groups.map(group => group.errorCode)],
  );
  const group = answer.groups[0];
  expectSuccess(group?.errorCode ?? answer.errorCode, `offsets of group ${groupId}`);
  const nameOf = new Map(topics.map(({ topicId, name }) => [topicId, name]));
  const told = group
    ? group.topics.map(one => ({ ...one, name: one.name || (nameOf.get(one.topicId) ?? '') }))
    : answer.topics;
  const named = told.filter(({ name }) => name !== '');
  return new Map(named.map(({ name, partitions }) => [name, offsetsOf(name, partitions)]));
}

/** Commits for one topic; rejects with `refused` for the first partition of which the offset was not taken. */
export async function commitOffsets(
  coordinator: Coordinator,
  { name, topicId }: TopicInfo,
  { offsets, by }: { readonly offsets: Offsets; readonly by: Committer },
): Promise<void> {
  const partitions = Array.from(offsets, ([partitionIndex, committedOffset]) => ({
    ...{ partitionIndex, committedOffset },
    committedMetadata: '',
  }));
  const { topics } = await coordinator.ask(
    OffsetCommit,
    version => ({
      groupId: coordinator.groupId,
      generationIdOrMemberEpoch: by.generationId,
      memberId: by.memberId,
      topics: [{ ...(version < FIRST_VERSION_WITH_IDS ? { name } : { topicId }), partitions }],
    }),
    answer => answer.topics.flatMap(one => one.partitions.map(({ errorCode }) => errorCode)),
  );
  for (const { partitionIndex, errorCode } of topics[0]?.partitions ?? []) {
    expectSuccess(errorCode, `commit for partition ${partitionIndex} of ${name}`);
  }
}

function asked(topics: readonly TopicInfo[]) {
  return topics.map(({ name, partitions }) => ({
    name,
    partitionIndexes: partitions.map(({ partition }) => partition),
  }));
}

interface Told {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly errorCode: number;
}

/** Where nothing was committed, the broker says -1. */
function offsetsOf(name: string, partitions: readonly Told[]): Offsets {
  const offsets: Offsets = new Map();
  for (const { partitionIndex, committedOffset, errorCode } of partitions) {
    expectSuccess(errorCode, `offset of partition ${partitionIndex} of ${name}`);
    if (committedOffset >= 0) offsets.set(partitionIndex, committedOffset);
  }
  return offsets;
}
