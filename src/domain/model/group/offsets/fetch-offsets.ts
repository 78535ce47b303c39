import type { GroupTopics } from '../consumer/environment.ts';
import type { FetchedOffset, FetchOffsets } from '../group-commands.ts';
import type { OffsetStored } from '../group-events.ts';
import type { GroupOffsets } from './group-offsets.ts';

/**
 * The offsets that a group has, in the order asked for, or all of them; -1 where there is none. One of a topic that was made
 * anew since does not count.
 */
export function fetchedOffsets(
  offsets: GroupOffsets,
  command: FetchOffsets,
  present: GroupTopics,
): FetchedOffset[] {
  const { groupId, topics } = command;
  if (topics === null) {
    return [...offsets.ofGroup(groupId)].filter(each => counts(each, present)).map(found);
  }
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map(partition => {
      const stored = offsets.get(groupId, topic, partition);
      return stored && counts(stored, present) ? found(stored) : missing(topic, partition);
    }),
  );
}

function counts({ topic, topicId }: OffsetStored, present: GroupTopics): boolean {
  return topicId === null || (present.topicNamed(topic)?.id ?? topicId) === topicId;
}

function found({ topic, partition, offset, leaderEpoch, metadata }: OffsetStored): FetchedOffset {
  return { topic, partition, offset, leaderEpoch, metadata, error: null };
}

function missing(topic: string, partition: number): FetchedOffset {
  return { topic, partition, offset: -1, leaderEpoch: null, metadata: '', error: null };
}
