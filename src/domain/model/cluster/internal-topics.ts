import { OFFSETS_TOPIC } from '../topic/topic-name.ts';
import type { BrokerConfig } from './broker-config.ts';
import { DEFAULT_COUNT, type NewTopic } from './topic-plan.ts';

/**
 * A topic as it is created when somebody needs it: an internal one as the broker needs it (GroupCoordinatorService), any other
 * with the broker's defaults.
 */
export function topicOnDemand(name: string, broker: BrokerConfig): NewTopic {
  const wanted = { name, replicationFactor: DEFAULT_COUNT, assignments: [] };
  if (name !== OFFSETS_TOPIC) return { ...wanted, partitions: DEFAULT_COUNT, configs: [] };
  return {
    ...wanted,
    partitions: broker.get('offsets.topic.num.partitions'),
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(broker.get('offsets.topic.segment.bytes')) },
    ],
  };
}
