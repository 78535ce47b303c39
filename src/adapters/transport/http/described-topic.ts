import type { DescribedTopic } from '../../../domain/use-cases/describe-topics.ts';
import type { HttpParts } from './http-parts.ts';

/** A topic by its name, or why there is none; none is made. */
export async function describedTopic(
  { useCases }: HttpParts,
  name: string,
): Promise<DescribedTopic> {
  const query = { topics: [{ name, topicId: null }], allowAutoCreation: false };
  const [described] = await useCases.describeTopics.execute(query);
  return described!;
}
