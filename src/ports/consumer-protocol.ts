import type {
  EmbeddedProtocol,
  EmbeddedSubscription,
  NamedPartitions,
} from '../domain/model/group/migration/embedded-protocol.ts';

/** Partitions of one topic. A topic may come more than once. */
export type TopicPartitions = NamedPartitions;

/** What a member of a classic group subscribes to. */
export interface ConsumerSubscription extends EmbeddedSubscription {
  readonly userData: Buffer | null;
  /** The generation in which it got what it owns; -1 where that is not known. */
  readonly generationId: number;
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
export interface ConsumerProtocol extends EmbeddedProtocol {
  /** Null when the bytes are no subscription. */
  readSubscription(bytes: Buffer): ConsumerSubscription | null;
  /** Null when the bytes are no assignment. */
  readAssignment(bytes: Buffer): ConsumerAssignment | null;
  writeAssignment(assignment: ConsumerAssignment, version: number): Buffer;
}
