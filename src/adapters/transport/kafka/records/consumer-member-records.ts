import type {
  ConsumerMemberState,
  ConsumerMemberStored,
  CurrentTopic,
} from '../../../../domain/model/group/group-events.ts';
import type { Read, Write } from '../wire/schema.ts';
import * as messages from './consumer-group-messages.ts';
import { recordType, type RecordType } from './record-type.ts';

/** Kafka's MemberState. */
const STATES: Readonly<Record<ConsumerMemberState, number>> = {
  stable: 0,
  'unrevoked-partitions': 1,
  'unreleased-partitions': 2,
  unknown: 127,
};
const STATE_NAMES = new Map(
  Object.entries(STATES).map(([name, code]) => [code, name as ConsumerMemberState]),
);

type ReadMember = Read<(typeof messages.ConsumerGroupMemberMetadataValue)['fields']>;
type ReadAssignment = Read<(typeof messages.ConsumerGroupCurrentMemberAssignmentValue)['fields']>;
type WrittenAssignment = Write<
  (typeof messages.ConsumerGroupCurrentMemberAssignmentValue)['fields']
>;

/** Kafka's default is no null but a struct of zeros, which is what records of before there was the field give. */
function classicFacts(
  metadata: ReadMember['classicMemberMetadata'],
): ConsumerMemberStored['classic'] {
  if (metadata === null) return null;
  const { sessionTimeoutMs, supportedProtocols } = metadata;
  if (sessionTimeoutMs === 0 && supportedProtocols.length === 0) return null;
  const protocols = supportedProtocols.map(({ name, metadata }) => ({
    name,
    metadata: Buffer.from(metadata),
  }));
  return { sessionTimeoutMs, protocols };
}

function writtenTopic(topic: CurrentTopic): WrittenAssignment['assignedPartitions'][number] {
  const { topicId, partitions, assignmentEpochs } = topic;
  return { topicId, partitions, assignmentEpochs: assignmentEpochs ?? [] };
}

/** As in Kafka, epochs that are not one for each partition say nothing. */
function currentTopic(topic: ReadAssignment['assignedPartitions'][number]): CurrentTopic {
  const { topicId, partitions, assignmentEpochs } = topic;
  const isKnown = partitions.length > 0 && assignmentEpochs?.length === partitions.length;
  return { topicId, partitions, assignmentEpochs: isKnown ? assignmentEpochs : null };
}

/** Kafka sorts the topics, so that equal subscriptions are equal bytes. */
export const consumerMemberRecord: RecordType = recordType({
  id: 5,
  key: messages.ConsumerGroupMemberMetadataKey,
  value: messages.ConsumerGroupMemberMetadataValue,
  stored: 'consumer-member-stored',
  deleted: 'consumer-member-deleted',
  keyOf: ({ groupId, memberId }) => ({ groupId, memberId }),
  identity: ({ groupId, memberId }) => ({ groupId, memberId }),
  versionOf: () => 0,
  valueOf: ({ instanceId, rackId, clientId, clientHost, ...event }) => ({
    instanceId,
    rackId,
    clientId,
    clientHost,
    subscribedTopicNames: event.subscribedTopics.toSorted(),
    subscribedTopicRegex: event.subscribedRegex,
    rebalanceTimeoutMs: event.rebalanceTimeoutMs,
    serverAssignor: event.serverAssignor,
    classicMemberMetadata: event.classic && {
      sessionTimeoutMs: event.classic.sessionTimeoutMs,
      supportedProtocols: event.classic.protocols,
    },
  }),
  facts: ({ instanceId, rackId, clientId, clientHost, ...value }) => ({
    instanceId,
    rackId,
    clientId,
    clientHost,
    subscribedTopics: value.subscribedTopicNames,
    subscribedRegex: value.subscribedTopicRegex,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classic: classicFacts(value.classicMemberMetadata),
  }),
});

export const currentAssignmentRecord: RecordType = recordType({
  id: 8,
  key: messages.ConsumerGroupCurrentMemberAssignmentKey,
  value: messages.ConsumerGroupCurrentMemberAssignmentValue,
  stored: 'consumer-current-assignment-stored',
  deleted: 'consumer-current-assignment-deleted',
  keyOf: ({ groupId, memberId }) => ({ groupId, memberId }),
  identity: ({ groupId, memberId }) => ({ groupId, memberId }),
  versionOf: () => 0,
  valueOf: ({ memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation }) => ({
    memberEpoch,
    previousMemberEpoch,
    state: STATES[state],
    assignedPartitions: assigned.map(writtenTopic),
    partitionsPendingRevocation: pendingRevocation.map(writtenTopic),
  }),
  facts: ({ memberEpoch, previousMemberEpoch, state, ...value }) => ({
    memberEpoch,
    previousMemberEpoch,
    state: STATE_NAMES.get(state) ?? 'unknown',
    assigned: value.assignedPartitions.map(currentTopic),
    pendingRevocation: value.partitionsPendingRevocation.map(currentTopic),
  }),
});
