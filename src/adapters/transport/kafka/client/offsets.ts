import { ListOffsets } from '../messages/list-offsets.ts';
import { ClientError, expectSuccess } from './client-error.ts';
import { byLeader, type KafkaCluster, type TopicInfo } from './kafka-cluster.ts';

/** Where to begin: a place, an offset, or the first record at or after a time in milliseconds. */
export type From = 'start' | 'end' | { readonly offset: number } | { readonly timestamp: number };

export type Offsets = Map<number, number>;

/** ListOffsets' names for places (KIP-79). */
const LATEST = -1;
const EARLIEST = -2;
const CONSUMER = -1;

export const startOffsets = (
  cluster: KafkaCluster,
  topic: TopicInfo,
  partitions: readonly number[],
) => offsetsAt(cluster, topic, { partitions, timestamp: EARLIEST });

export const endOffsets = (
  cluster: KafkaCluster,
  topic: TopicInfo,
  partitions: readonly number[],
) => offsetsAt(cluster, topic, { partitions, timestamp: LATEST });

/** The offset of each partition that `from` means; one that no partition can have is `refused`. */
export async function offsetsFrom(
  cluster: KafkaCluster,
  topic: TopicInfo,
  { partitions, from }: { partitions: readonly number[]; from: From },
): Promise<Offsets> {
  if (from === 'start') return startOffsets(cluster, topic, partitions);
  const ends = await endOffsets(cluster, topic, partitions);
  if (from === 'end') return ends;
  if ('timestamp' in from) {
    const { timestamp } = from;
    const found = await offsetsAt(cluster, topic, { partitions, timestamp });
    // Nothing is as late as that, so that only what is yet to come can be.
    return new Map(Array.from(found, ([one, at]) => [one, at < 0 ? ends.get(one)! : at]));
  }
  const starts = await startOffsets(cluster, topic, partitions);
  for (const partition of partitions) {
    const range = { first: starts.get(partition)!, end: ends.get(partition)! };
    if (from.offset >= range.first && from.offset <= range.end) continue;
    throw new ClientError(
      'refused',
      `partition ${partition} of ${topic.name} has offsets ${range.first} to ${range.end}, not ${from.offset}`,
      'OFFSET_OUT_OF_RANGE',
    );
  }
  return new Map(partitions.map(partition => [partition, from.offset]));
}

async function offsetsAt(
  cluster: KafkaCluster,
  topic: TopicInfo,
  { partitions, timestamp }: { partitions: readonly number[]; timestamp: number },
): Promise<Offsets> {
  const asked = Array.from(byLeader(topic, partitions), async ([leader, led]) => {
    const node = await cluster.node(leader);
    const wanted = led.map(({ partition }) => ({ partitionIndex: partition, timestamp }));
    return node.request(ListOffsets, {
      replicaId: CONSUMER,
      topics: [{ name: topic.name, partitions: wanted }],
    });
  });
  const answers = (await Promise.all(asked)).flatMap(({ topics }) => topics[0]?.partitions ?? []);
  return new Map(
    answers.map(({ partitionIndex, errorCode, offset }) => {
      expectSuccess(errorCode, `offsets of partition ${partitionIndex} of ${topic.name}`);
      return [partitionIndex, offset];
    }),
  );
}
