import type { FetchedOffset, FetchOffsets } from '../group-commands.ts';
import type { OffsetStored } from '../group-events.ts';
import type { GroupOffsets } from './group-offsets.ts';

/** The offsets that a group has, in the order asked for, or all of them; -1 where there is none. */
export function fetchedOffsets(offsets: GroupOffsets, command: FetchOffsets): FetchedOffset[] {
  const { groupId, topics } = command;
  if (topics === null) return Array.from(offsets.ofGroup(groupId), found);
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map(partition => {
      const stored = offsets.get(groupId, topic, partition);
      return stored ? found(stored) : missing(topic, partition);
    }),
  );
}

function found({ topic, partition, offset, leaderEpoch, metadata }: OffsetStored): FetchedOffset {
  return { topic, partition, offset, leaderEpoch, metadata, error: null };
}

function missing(topic: string, partition: number): FetchedOffset {
  return { topic, partition, offset: -1, leaderEpoch: null, metadata: '', error: null };
}
