/** How a request names a partition: by the topic's name, or by its id from the versions on that know ids (KIP-516). */
export interface PartitionRef {
  readonly topic: string | null;
  readonly topicId: string | null;
  readonly partition: number;
}

/** One text for one partition, for maps and sets. */
export function partitionRefKey(ref: PartitionRef): string {
  return `${ref.topicId ?? ref.topic ?? ''}/${ref.partition}`;
}
