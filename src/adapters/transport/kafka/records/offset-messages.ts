import {
  int32,
  int64,
  message,
  NEVER_FLEXIBLE,
  saturatingInt64,
  string,
  uuid,
} from '../wire/schema.ts';

const keyFields = { group: string, topic: string, partition: int32 };

/** Type 0: offsets as brokers before 0.8.2.2 stored them. */
export const LegacyOffsetCommitKey = message(
  'LegacyOffsetCommitKey',
  '0-0',
  NEVER_FLEXIBLE,
  keyFields,
);
export const LegacyOffsetCommitValue = message('LegacyOffsetCommitValue', '0-0', NEVER_FLEXIBLE, {
  offset: int64,
  metadata: string,
  commitTimestamp: int64,
});

/** Type 1. */
export const OffsetCommitKey = message('OffsetCommitKey', '0-0', NEVER_FLEXIBLE, keyFields);
/** v1 alone has a time of its own to expire (-1 none), v3 leader epochs (KIP-320), v4 topic ids. */
export const OffsetCommitValue = message('OffsetCommitValue', '0-4', 4, {
  offset: int64,
  leaderEpoch: int32.since(3).default(-1).ignorable(),
  metadata: string,
  commitTimestamp: int64,
  expireTimestamp: saturatingInt64.since(1).until(1).default(-1).ignorable(),
  topicId: uuid.tagged(0).since(4).ignorable(),
});
