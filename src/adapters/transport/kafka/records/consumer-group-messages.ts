import {
  array,
  arrayOf,
  bigint64,
  bytes,
  int32,
  int64,
  int8,
  message,
  NEVER_FLEXIBLE,
  nullable,
  string,
  struct,
  uuid,
  type Message,
} from '../wire/schema.ts';

const ofGroup = { groupId: string };
const ofMember = { groupId: string, memberId: string };

function key(name: string): Message<typeof ofGroup> {
  return message(name, '0-0', NEVER_FLEXIBLE, ofGroup);
}
function memberKey(name: string): Message<typeof ofMember> {
  return message(name, '0-0', NEVER_FLEXIBLE, ofMember);
}

/** Type 3. The hash is over the metadata of the topics subscribed to (KIP-1101). */
export const ConsumerGroupMetadataKey = key('ConsumerGroupMetadataKey');
export const ConsumerGroupMetadataValue = message('ConsumerGroupMetadataValue', '0-0', 0, {
  epoch: int32,
  metadataHash: bigint64.tagged(0),
});

/** Type 4, which the hash has replaced. */
export const ConsumerGroupPartitionMetadataKey = key('ConsumerGroupPartitionMetadataKey');
export const ConsumerGroupPartitionMetadataValue = message(
  'ConsumerGroupPartitionMetadataValue',
  '0-0',
  0,
  {
    topics: array({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: array({ partition: int32, racks: arrayOf(string) }),
    }),
  },
);

/** Type 5. */
export const ConsumerGroupMemberMetadataKey = memberKey('ConsumerGroupMemberMetadataKey');
export const ConsumerGroupMemberMetadataValue = message(
  'ConsumerGroupMemberMetadataValue',
  '0-0',
  0,
  {
    instanceId: nullable(string),
    rackId: nullable(string),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: arrayOf(string),
    subscribedTopicRegex: nullable(string),
    rebalanceTimeoutMs: int32.default(-1),
    serverAssignor: nullable(string),
    classicMemberMetadata: nullable(
      struct({
        sessionTimeoutMs: int32,
        supportedProtocols: array({ name: string, metadata: bytes }),
      }),
    ).tagged(0),
  },
);

/** Type 6. */
export const ConsumerGroupTargetAssignmentMetadataKey = key(
  'ConsumerGroupTargetAssignmentMetadataKey',
);
export const ConsumerGroupTargetAssignmentMetadataValue = message(
  'ConsumerGroupTargetAssignmentMetadataValue',
  '0-0',
  0,
  { assignmentEpoch: int32, assignmentTimestamp: int64.tagged(0).ignorable() },
);

/** Type 7. */
export const ConsumerGroupTargetAssignmentMemberKey = memberKey(
  'ConsumerGroupTargetAssignmentMemberKey',
);
export const ConsumerGroupTargetAssignmentMemberValue = message(
  'ConsumerGroupTargetAssignmentMemberValue',
  '0-0',
  0,
  { topicPartitions: array({ topicId: uuid, partitions: arrayOf(int32) }) },
);

const topicPartitions = array({
  topicId: uuid,
  partitions: arrayOf(int32),
  assignmentEpochs: nullable(arrayOf(int32)).tagged(0),
});

/** Type 8. */
export const ConsumerGroupCurrentMemberAssignmentKey = memberKey(
  'ConsumerGroupCurrentMemberAssignmentKey',
);
export const ConsumerGroupCurrentMemberAssignmentValue = message(
  'ConsumerGroupCurrentMemberAssignmentValue',
  '0-0',
  0,
  {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    assignedPartitions: topicPartitions,
    partitionsPendingRevocation: topicPartitions,
  },
);

/** Type 16. */
export const ConsumerGroupRegularExpressionKey = message(
  'ConsumerGroupRegularExpressionKey',
  '0-0',
  NEVER_FLEXIBLE,
  { groupId: string, regularExpression: string },
);
export const ConsumerGroupRegularExpressionValue = message(
  'ConsumerGroupRegularExpressionValue',
  '0-0',
  0,
  { topics: arrayOf(string), version: int64, timestamp: int64 },
);
