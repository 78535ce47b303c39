import {
  array,
  bytes,
  int32,
  int64,
  message,
  NEVER_FLEXIBLE,
  nullable,
  string,
} from '../wire/schema.ts';

/** Type 2. */
export const GroupMetadataKey = message('GroupMetadataKey', '0-0', NEVER_FLEXIBLE, {
  group: string,
});
/** A classic group, whole. v1 rebalance timeouts, v2 a time stamp (KIP-211), v3 static members (KIP-345). */
export const GroupMetadataValue = message('GroupMetadataValue', '0-4', 4, {
  protocolType: string,
  generation: int32,
  protocol: nullable(string),
  leader: nullable(string),
  currentStateTimestamp: int64.since(2).default(-1).ignorable(),
  members: array({
    memberId: string,
    groupInstanceId: nullable(string).since(3).default(null).ignorable(),
    clientId: string,
    clientHost: string,
    rebalanceTimeout: int32.since(1).default(-1).ignorable(),
    sessionTimeout: int32,
    subscription: bytes,
    assignment: bytes,
  }),
});
