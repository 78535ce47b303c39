import type { GroupEvent } from '../../../src/domain/model/group/group-events.ts';
import { hex } from './bytes.ts';

export interface GoldenRecord {
  readonly what: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly event: GroupEvent;
}

const TOPIC_ID = 'AAECAwQFBgcICQoLDA0ODw';
const ID = '000102030405060708090a0b0c0d0e0f';
const ORDERS = '0006 6f7264657273';
const ofGroup = { groupId: 'g' };
const ofMember = { groupId: 'g', memberId: 'm1' };
const offsetPlace = { groupId: 'g', topic: 'orders', partition: 3 };
const offsetKey = hex('0001 0001 67', ORDERS, '00000003');

function golden(what: string, event: GroupEvent, key: Buffer, value: Buffer | null): GoldenRecord {
  return { what, key, value, event };
}

const offset = {
  type: 'offset-stored',
  ...offsetPlace,
  offset: 42,
  leaderEpoch: 7,
  metadata: 'm',
  commitTimestampMs: 1000,
  expireTimestampMs: null,
  topicId: TOPIC_ID,
} as const;
const classicGroup = {
  type: 'classic-group-stored',
  ...ofGroup,
  protocolType: 'consumer',
  generationId: 5,
  protocolName: 'range',
  leaderId: 'm1',
  stateTimestampMs: 1000,
  members: [
    {
      memberId: 'm1',
      instanceId: 'i1',
      clientId: 'c',
      clientHost: '/h',
      rebalanceTimeoutMs: 300_000,
      sessionTimeoutMs: 45_000,
      subscription: hex('0102'),
      assignment: hex('03'),
    },
  ],
} as const;
const member = {
  type: 'consumer-member-stored',
  ...ofMember,
  instanceId: 'i1',
  rackId: null,
  clientId: 'c',
  clientHost: '/h',
  subscribedTopics: ['billing', 'orders'],
  subscribedRegex: 'o.*',
  rebalanceTimeoutMs: 300_000,
  serverAssignor: 'uniform',
  classic: { sessionTimeoutMs: 45_000, protocols: [{ name: 'range', metadata: hex('0102') }] },
} as const;

const memberKey = (type: string): Buffer => hex(type, '0001 67 0002 6d31');
const groupKey = (type: string): Buffer => hex(type, '0001 67');

/** What the classes of Kafka 4.4 (GroupCoordinatorRecordHelpers, GroupCoordinatorRecordSerde) make of the same. */
export const goldenRecords: readonly GoldenRecord[] = [
  golden(
    'an offset',
    offset,
    offsetKey,
    hex('0004 000000000000002a 00000007 02 6d 00000000000003e8', '01 00 10', ID), // tag 0: topic id
  ),
  golden(
    'an offset without epoch, metadata and topic id',
    { ...offset, leaderEpoch: null, metadata: '', topicId: null },
    offsetKey,
    hex('0004 000000000000002a ffffffff 01 00000000000003e8 00'),
  ),
  golden(
    'an offset that expires of its own, which only version 1 can say',
    { ...offset, leaderEpoch: null, topicId: null, expireTimestampMs: 2000 },
    offsetKey,
    hex('0001 000000000000002a 0001 6d 00000000000003e8 00000000000007d0'),
  ),
  golden('no offset', { type: 'offset-deleted', ...offsetPlace }, offsetKey, null),
  golden(
    'a classic group',
    classicGroup,
    groupKey('0002'),
    hex(
      '0003 0008 636f6e73756d6572 00000005 0005 72616e6765 0002 6d31 00000000000003e8',
      '00000001 0002 6d31 0002 6931 0001 63 0002 2f68 000493e0 0000afc8',
      '00000002 0102 00000001 03',
    ),
  ),
  golden(
    'a classic group that keeps offsets only',
    {
      ...classicGroup,
      protocolType: '',
      generationId: 0,
      protocolName: null,
      leaderId: null,
      stateTimestampMs: null,
      members: [],
    },
    groupKey('0002'),
    hex('0003 0000 00000000 ffff ffff ffffffffffffffff 00000000'),
  ),
  golden('no classic group', { type: 'classic-group-deleted', ...ofGroup }, groupKey('0002'), null),
  golden(
    'a consumer group and its hash',
    { type: 'consumer-group-stored', ...ofGroup, epoch: 9, metadataHash: -2n },
    groupKey('0003'),
    hex('0000 00000009 01 00 08 fffffffffffffffe'),
  ),
  golden(
    'a consumer group without a hash',
    { type: 'consumer-group-stored', ...ofGroup, epoch: 9, metadataHash: 0n },
    groupKey('0003'),
    hex('0000 00000009 00'),
  ),
  golden(
    'no consumer group',
    { type: 'consumer-group-deleted', ...ofGroup },
    groupKey('0003'),
    null,
  ),
  golden(
    'the metadata of topics, as Kafka 4.0 kept it',
    {
      type: 'consumer-partition-metadata-stored',
      ...ofGroup,
      topics: [{ topicId: TOPIC_ID, topic: 'orders', partitionCount: 4 }],
    },
    groupKey('0004'),
    hex('0000 02', ID, '07 6f7264657273 00000004 01 00 00'),
  ),
  golden(
    'no metadata of topics',
    { type: 'consumer-partition-metadata-deleted', ...ofGroup },
    groupKey('0004'),
    null,
  ),
  golden(
    'a member of a consumer group that speaks the classic protocol',
    member,
    memberKey('0005'),
    hex(
      '0000 03 6931 00 02 63 03 2f68', // i1, no rack, c, /h
      '03 08 62696c6c696e67 07 6f7264657273 04 6f2e2a 000493e0 08 756e69666f726d',
      '01 00 11 01 0000afc8 02 06 72616e6765 03 0102 00 00', // tag 0, which is not null
    ),
  ),
  golden(
    'a member that speaks the consumer protocol: null is not the default, and is written',
    {
      ...member,
      instanceId: null,
      subscribedTopics: ['orders'],
      subscribedRegex: null,
      rebalanceTimeoutMs: -1,
      serverAssignor: null,
      classic: null,
    },
    memberKey('0005'),
    hex('0000 00 00 02 63 03 2f68 02 07 6f7264657273 00 ffffffff 00 01 00 01 00'),
  ),
  golden('no member', { type: 'consumer-member-deleted', ...ofMember }, memberKey('0005'), null),
  golden(
    'the epoch of the target assignment',
    {
      type: 'consumer-target-epoch-stored',
      ...ofGroup,
      assignmentEpoch: 9,
      assignmentTimestampMs: 1000,
    },
    groupKey('0006'),
    hex('0000 00000009 01 00 08 00000000000003e8'),
  ),
  golden(
    'no epoch of the target assignment',
    { type: 'consumer-target-epoch-deleted', ...ofGroup },
    groupKey('0006'),
    null,
  ),
  golden(
    'what a member is to have',
    {
      type: 'consumer-target-assignment-stored',
      ...ofMember,
      topics: [{ topicId: TOPIC_ID, partitions: [1, 2] }],
    },
    memberKey('0007'),
    hex('0000 02', ID, '03 00000001 00000002 00 00'),
  ),
  golden(
    'no target assignment',
    { type: 'consumer-target-assignment-deleted', ...ofMember },
    memberKey('0007'),
    null,
  ),
  golden(
    'what a member has, and since when',
    {
      type: 'consumer-current-assignment-stored',
      ...ofMember,
      memberEpoch: 9,
      previousMemberEpoch: 8,
      state: 'unreleased-partitions',
      assigned: [{ topicId: TOPIC_ID, partitions: [1, 2], assignmentEpochs: [8, 9] }],
      pendingRevocation: [],
    },
    memberKey('0008'),
    hex(
      '0000 00000009 00000008 02',
      '02',
      ID,
      '03 00000001 00000002 01 00 09 03 00000008 00000009', // tag 0: an epoch for each
      '01 00',
    ),
  ),
  golden(
    'no current assignment',
    { type: 'consumer-current-assignment-deleted', ...ofMember },
    memberKey('0008'),
    null,
  ),
  golden(
    'the topics of a regular expression',
    {
      type: 'consumer-regex-stored',
      ...ofGroup,
      regex: 'o.*',
      topics: ['oaks', 'orders'],
      version: 12,
      timestampMs: 1000,
    },
    hex('0010 0001 67 0003 6f2e2a'),
    hex('0000 03 05 6f616b73 07 6f7264657273 000000000000000c 00000000000003e8 00'),
  ),
  golden(
    'no regular expression',
    { type: 'consumer-regex-deleted', ...ofGroup, regex: 'o.*' },
    hex('0010 0001 67 0003 6f2e2a'),
    null,
  ),
];

const oldMember = { ...classicGroup.members[0], instanceId: null };

/** What Kafka wrote before, or will. */
export const olderRecords: readonly GoldenRecord[] = [
  golden(
    'an offset of before 0.8.2.2',
    { ...offset, leaderEpoch: null, topicId: null },
    hex('0000 0001 67', ORDERS, '00000003'),
    hex('0000 000000000000002a 0001 6d 00000000000003e8'),
  ),
  golden(
    'a legacy tombstone',
    { type: 'offset-deleted', ...offsetPlace },
    hex('0000 0001 67', ORDERS, '00000003'),
    null,
  ),
  golden(
    'an offset in version 3, of Kafka 2.1 to 4.0',
    { ...offset, topicId: null },
    offsetKey,
    hex('0003 000000000000002a 00000007 0001 6d 00000000000003e8'),
  ),
  golden(
    'a group in version 0: the session timeout is the rebalance timeout',
    {
      ...classicGroup,
      stateTimestampMs: null,
      members: [{ ...oldMember, rebalanceTimeoutMs: 45_000 }],
    },
    groupKey('0002'),
    hex(
      '0000 0008 636f6e73756d6572 00000005 0005 72616e6765 0002 6d31',
      '00000001 0002 6d31 0001 63 0002 2f68 0000afc8 00000002 0102 00000001 03',
    ),
  ),
  golden(
    'a group in version 2',
    { ...classicGroup, members: [oldMember] },
    groupKey('0002'),
    hex(
      '0002 0008 636f6e73756d6572 00000005 0005 72616e6765 0002 6d31 00000000000003e8',
      '00000001 0002 6d31 0001 63 0002 2f68 000493e0 0000afc8 00000002 0102 00000001 03',
    ),
  ),
  golden(
    'a group in version 4, which is flexible',
    classicGroup,
    groupKey('0002'),
    hex(
      '0004 09 636f6e73756d6572 00000005 06 72616e6765 03 6d31 00000000000003e8',
      '02 03 6d31 03 6931 02 63 03 2f68 000493e0 0000afc8 03 0102 02 03 00 00',
    ),
  ),
  golden(
    'a member of before there were classic members in consumer groups',
    { ...member, classic: null },
    memberKey('0005'),
    hex(
      '0000 03 6931 00 02 63 03 2f68',
      '03 08 62696c6c696e67 07 6f7264657273 04 6f2e2a 000493e0 08 756e69666f726d 00',
    ),
  ),
  golden(
    'a current assignment without epochs',
    {
      type: 'consumer-current-assignment-stored',
      ...ofMember,
      memberEpoch: 9,
      previousMemberEpoch: 8,
      state: 'stable',
      assigned: [{ topicId: TOPIC_ID, partitions: [1], assignmentEpochs: null }],
      pendingRevocation: [],
    },
    memberKey('0008'),
    hex('0000 00000009 00000008 00 02', ID, '02 00000001 00 01 00'),
  ),
];
