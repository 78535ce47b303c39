import * as messages from './consumer-group-messages.ts';
import { recordType, type RecordType } from './record-type.ts';

interface OfGroup {
  readonly groupId: string;
}
interface OfMember extends OfGroup {
  readonly memberId: string;
}

/** A key that holds what the event calls by the same names. Every value of a consumer group's records is of version 0. */
const ofGroup = {
  keyOf: ({ groupId }: OfGroup): OfGroup => ({ groupId }),
  identity: ({ groupId }: OfGroup): OfGroup => ({ groupId }),
  versionOf: (): number => 0,
};
const ofMember = {
  keyOf: ({ groupId, memberId }: OfMember): OfMember => ({ groupId, memberId }),
  identity: ({ groupId, memberId }: OfMember): OfMember => ({ groupId, memberId }),
  versionOf: (): number => 0,
};

const consumerGroup = recordType({
  id: 3,
  key: messages.ConsumerGroupMetadataKey,
  value: messages.ConsumerGroupMetadataValue,
  stored: 'consumer-group-stored',
  deleted: 'consumer-group-deleted',
  ...ofGroup,
  valueOf: ({ epoch, metadataHash }) => ({ epoch, metadataHash }),
  facts: ({ epoch, metadataHash }) => ({ epoch, metadataHash }),
});

/** The racks of replicas, which Kafka 4.0 no longer wrote, are passed over. */
const partitionMetadata = recordType({
  id: 4,
  key: messages.ConsumerGroupPartitionMetadataKey,
  value: messages.ConsumerGroupPartitionMetadataValue,
  stored: 'consumer-partition-metadata-stored',
  deleted: 'consumer-partition-metadata-deleted',
  ...ofGroup,
  valueOf: ({ topics }) => ({
    topics: topics.map(({ topicId, topic, partitionCount }) => ({
      topicId,
      topicName: topic,
      numPartitions: partitionCount,
      partitionMetadata: [],
    })),
  }),
  facts: ({ topics }) => ({
    topics: topics.map(({ topicId, topicName, numPartitions }) => ({
      topicId,
      topic: topicName,
      partitionCount: numPartitions,
    })),
  }),
});

const targetEpoch = recordType({
  id: 6,
  key: messages.ConsumerGroupTargetAssignmentMetadataKey,
  value: messages.ConsumerGroupTargetAssignmentMetadataValue,
  stored: 'consumer-target-epoch-stored',
  deleted: 'consumer-target-epoch-deleted',
  ...ofGroup,
  valueOf: ({ assignmentEpoch, assignmentTimestampMs }) => ({
    assignmentEpoch,
    assignmentTimestamp: assignmentTimestampMs,
  }),
  facts: ({ assignmentEpoch, assignmentTimestamp }) => ({
    assignmentEpoch,
    assignmentTimestampMs: assignmentTimestamp,
  }),
});

const targetAssignment = recordType({
  id: 7,
  key: messages.ConsumerGroupTargetAssignmentMemberKey,
  value: messages.ConsumerGroupTargetAssignmentMemberValue,
  stored: 'consumer-target-assignment-stored',
  deleted: 'consumer-target-assignment-deleted',
  ...ofMember,
  valueOf: ({ topics }) => ({ topicPartitions: topics }),
  facts: ({ topicPartitions }) => ({ topics: topicPartitions }),
});

/** Kafka sorts the topics, so that equal resolutions are equal bytes. */
const regularExpression = recordType({
  id: 16,
  key: messages.ConsumerGroupRegularExpressionKey,
  value: messages.ConsumerGroupRegularExpressionValue,
  stored: 'consumer-regex-stored',
  deleted: 'consumer-regex-deleted',
  keyOf: ({ groupId, regex }) => ({ groupId, regularExpression: regex }),
  identity: ({ groupId, regularExpression }) => ({ groupId, regex: regularExpression }),
  versionOf: () => 0,
  valueOf: ({ topics, version, timestampMs }) => ({
    topics: topics.toSorted(),
    version,
    timestamp: timestampMs,
  }),
  facts: ({ topics, version, timestamp }) => ({ topics, version, timestampMs: timestamp }),
});

/** All of KIP-848's records but those of members. */
export const consumerGroupRecords: readonly RecordType[] = [
  consumerGroup,
  partitionMetadata,
  targetEpoch,
  targetAssignment,
  regularExpression,
];
