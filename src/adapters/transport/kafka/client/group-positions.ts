import { committedOffsets } from './committed-offsets.ts';
import type { Coordinator } from './coordinator.ts';
import type { KafkaCluster, TopicInfo } from './kafka-cluster.ts';
import { endOffsets, offsetsFrom, startOffsets, type From, type Offsets } from './offsets.ts';

/**
 * Where a member goes on reading: at what the group has committed; at `otherwise` where that is nothing, or no longer in the log
 * (Kafka's auto.offset.reset).
 */
export async function groupPositions(
  { coordinator, cluster }: { readonly coordinator: Coordinator; readonly cluster: KafkaCluster },
  topic: TopicInfo,
  { partitions, otherwise }: { readonly partitions: readonly number[]; readonly otherwise: From },
): Promise<Offsets> {
  const [groupOffsets, starts, ends] = await Promise.all([
    committedOffsets(coordinator, [topic]),
    startOffsets(cluster, topic, partitions),
    endOffsets(cluster, topic, partitions),
  ]);
  const committed = groupOffsets.get(topic.name);
  const positions: Offsets = new Map();
  for (const partition of partitions) {
    const offset = committed?.get(partition) ?? -1;
    const isKept = offset >= starts.get(partition)! && offset <= ends.get(partition)!;
    if (isKept) positions.set(partition, offset);
  }
  const others = partitions.filter(partition => !positions.has(partition));
  const chosen = await offsetsFrom(cluster, topic, { partitions: others, from: otherwise });
  return new Map([...positions, ...chosen]);
}
