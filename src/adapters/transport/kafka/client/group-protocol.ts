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

/** What each member is to read of the topics it asks for, as far as they exist; written in the version of its subscription. */
export function rangeAssignments(
  subscribers: readonly Subscriber[],
  topics: readonly TopicInfo[],
): { memberId: string; assignment: Buffer }[] {
  const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  const members = subscribers.map(({ memberId, groupInstanceId, metadata }) => {
    const subscription = PROTOCOL.readSubscription(metadata);
    const known = (subscription?.topics ?? []).filter(topic => counts.has(topic));
    const version = subscription?.version ?? VERSION;
    const instanceId = groupInstanceId ?? null;
    return { memberId, instanceId, version, topicIds: new Set(known), assigned: new Map() };
  });
  const wanted = new Set(members.flatMap(({ topicIds }) => [...topicIds]));
  const partitionCounts = new Map(Array.from(counts).filter(([topic]) => wanted.has(topic)));
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
