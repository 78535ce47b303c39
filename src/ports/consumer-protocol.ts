/** Partitions of one topic. A topic may come more than once. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** What a member of a classic group subscribes to. */
export interface ConsumerSubscription {
  /** What it was written in; an assignment for this member is written in the same. */
  readonly version: number;
  readonly topics: readonly string[];
  readonly userData: Buffer | null;
  /** What it has from an earlier generation, and which: -1 where that is not known. */
  readonly ownedPartitions: readonly TopicPartitions[];
  readonly generationId: number;
  readonly rackId: string | null;
}

/** What a member of a classic group is to consume. */
export interface ConsumerAssignment {
  readonly assignedPartitions: readonly TopicPartitions[];
  readonly userData: Buffer | null;
}

/**
 * Looks into what members with the protocol type `consumer` tell one another, which is opaque to the coordinator of a classic
 * group. Buffers in what is read are views into the bytes given.
 */
export interface ConsumerProtocol {
  /** Null when the bytes are no subscription. */
  readSubscription(bytes: Buffer): ConsumerSubscription | null;
  /** Null when the bytes are no assignment. */
  readAssignment(bytes: Buffer): ConsumerAssignment | null;
  writeAssignment(assignment: ConsumerAssignment, version: number): Buffer;
}
