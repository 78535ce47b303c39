import { assignRange } from '../../../../domain/model/group/assignors/range.ts';
import { KafkaConsumerProtocol } from '../records/consumer-protocol.ts';
import { ConsumerProtocolSubscription } from '../records/consumer-protocol-messages.ts';
import { WireWriter } from '../wire/writer.ts';
import type { TopicInfo } from './kafka-cluster.ts';

/** A member as the leader of a classic group is told of it. */
export interface Subscriber {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly metadata: Buffer;
}

/** Eager members have nothing to say that later versions add. */
const VERSION = 0;
const PROTOCOL = new KafkaConsumerProtocol();

/** What a member says that reads one topic. */
export function subscriptionTo(topic: string): Buffer {
  const writer = new WireWriter();
  writer.int16(VERSION);
  ConsumerProtocolSubscription.at(VERSION).write(writer, { topics: [topic] });
  return Buffer.concat(writer.take());
}

/**
 * How many partitions each topic has that the members ask for, those that do not exist left out; the leader joins again when
 * that changes (Java's ConsumerCoordinator.rejoinNeededOrPending).
 */
export function subscribedCounts(
  subscribers: readonly Subscriber[],
  topics: readonly TopicInfo[],
): ReadonlyMap<string, number> {
  const wanted = new Set(
    subscribers.flatMap(({ metadata }) => PROTOCOL.readSubscription(metadata)?.topics ?? []),
  );
  const found = topics.filter(({ name }) => wanted.has(name));
  return new Map(found.map(({ name, partitions }) => [name, partitions.length]));
}

/** What each member is to read of the topics it asks for, as far as they exist; written in the version of its subscription. */
export function rangeAssignments(
  subscribers: readonly Subscriber[],
  topics: readonly TopicInfo[],
): { memberId: string; assignment: Buffer }[] {
  const partitionCounts = subscribedCounts(subscribers, topics);
  const members = subscribers.map(({ memberId, groupInstanceId, metadata }) => {
    const subscription = PROTOCOL.readSubscription(metadata);
    const known = (subscription?.topics ?? []).filter(topic => partitionCounts.has(topic));
    const version = subscription?.version ?? VERSION;
    const instanceId = groupInstanceId ?? null;
    return { memberId, instanceId, version, topicIds: new Set(known), assigned: new Map() };
  });
  // Classic members name topics, so that the names stand for the ids.
  const shares = assignRange({ members, partitionCounts });
  return members.map(({ memberId, version }) => {
    const assignedPartitions = Array.from(shares.get(memberId) ?? [], ([topic, partitions]) => ({
      topic,
      partitions: [...partitions],
    }));
    const assignment = { assignedPartitions, userData: null };
    return { memberId, assignment: PROTOCOL.writeAssignment(assignment, version) };
  });
}
