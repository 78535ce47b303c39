interface Topic {
  readonly partitions: readonly unknown[];
}
type PartitionOf<T extends Topic> = T['partitions'][number];

/** What `each` makes of all partitions of all topics, in the request's order. */
export function fromPartitions<T extends Topic, R>(
  topics: readonly T[],
  each: (partition: PartitionOf<T>, topic: T) => R,
): R[] {
  return topics.flatMap(topic => topic.partitions.map(partition => each(partition, topic)));
}

/**
 * Puts answers back under the topics of the request. There must be one answer for each of its partitions, in their order: a
 * partition that was asked about twice is answered twice.
 */
export function byTopic<T extends Topic, A, R>(
  topics: readonly T[],
  answers: readonly A[],
  shape: (partition: PartitionOf<T>, answer: A) => R,
): { topic: T; partitions: R[] }[] {
  let next = 0;
  return topics.map(topic => ({
    topic,
    partitions: topic.partitions.map(partition => shape(partition, answers[next++]!)),
  }));
}
