import type { OffsetStored } from '../../../../domain/model/group/group-events.ts';
import { ZERO_UUID, type Read } from '../wire/schema.ts';
import {
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from './offset-messages.ts';
import { recordType, type RecordType } from './record-type.ts';

const NONE = -1;

interface OffsetPlace {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

function keyOf({
  groupId,
  topic,
  partition,
}: OffsetPlace): Read<(typeof OffsetCommitKey)['fields']> {
  return { group: groupId, topic, partition };
}

function identity(key: Read<(typeof OffsetCommitKey)['fields']>): OffsetPlace {
  return { groupId: key.group, topic: key.topic, partition: key.partition };
}

const orNull = (sentinel: number): number | null => (sentinel === NONE ? null : sentinel);

/** What this broker writes: as Kafka does, version 1 for an offset with a time of its own to expire, else 4. */
export const offsetRecord: RecordType = recordType({
  id: 1,
  key: OffsetCommitKey,
  value: OffsetCommitValue,
  stored: 'offset-stored',
  deleted: 'offset-deleted',
  keyOf,
  identity,
  versionOf: ({ expireTimestampMs }) => (expireTimestampMs === null ? 4 : 1),
  valueOf: (event: OffsetStored) => ({
    offset: event.offset,
    leaderEpoch: event.leaderEpoch ?? NONE,
    metadata: event.metadata,
    commitTimestamp: event.commitTimestampMs,
    expireTimestamp: event.expireTimestampMs ?? NONE,
    topicId: event.topicId ?? ZERO_UUID,
  }),
  facts: ({ offset, leaderEpoch, metadata, ...value }) => ({
    offset,
    leaderEpoch: orNull(leaderEpoch),
    metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: orNull(value.expireTimestamp),
    topicId: value.topicId === ZERO_UUID ? null : value.topicId,
  }),
});

/** Read alone: what brokers of before 0.8.2.2 wrote. */
export const legacyOffsetRecord: RecordType = recordType({
  id: 0,
  key: LegacyOffsetCommitKey,
  value: LegacyOffsetCommitValue,
  stored: 'offset-stored',
  deleted: 'offset-deleted',
  keyOf,
  identity,
  versionOf: () => 0,
  valueOf: ({ offset, metadata, commitTimestampMs }: OffsetStored) => ({
    offset,
    metadata,
    commitTimestamp: commitTimestampMs,
  }),
  facts: ({ offset, metadata, commitTimestamp }) => ({
    offset,
    leaderEpoch: null,
    metadata,
    commitTimestampMs: commitTimestamp,
    expireTimestampMs: null,
    topicId: null,
  }),
});
