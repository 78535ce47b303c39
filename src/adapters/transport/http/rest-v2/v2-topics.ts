import { z } from 'zod';
import type { Topic } from '../../../../domain/model/topic/topic.ts';
import { describedTopic } from '../described-topic.ts';
import type { HttpParts } from '../http-parts.ts';
import { noPartition, noTopic } from './v2-errors.ts';

export const topicPath = z.object({ topic: z.string() });
export const partitionPath = topicPath.extend({ partition: z.coerce.number().int().min(0) });

/** Throws for a topic that is not there. */
export async function topicNamed(parts: HttpParts, name: string): Promise<Topic> {
  const { topic } = await describedTopic(parts, name);
  if (topic === null) throw noTopic(name);
  return topic;
}

/** Throws for a partition that is not there. */
export async function expectPartition(
  parts: HttpParts,
  { topic, partition }: z.output<typeof partitionPath>,
): Promise<void> {
  const { partitionCount } = await topicNamed(parts, topic);
  if (partition >= partitionCount) throw noPartition(topic, partition);
}
