import type { ClassicMemberFacts } from '../../../../domain/model/group/group-events.ts';
import type { Read, Write } from '../wire/schema.ts';
import { GroupMetadataKey, GroupMetadataValue } from './classic-group-messages.ts';
import { recordType, type RecordType } from './record-type.ts';

const NONE = -1;
/** Kafka writes its last version that is not flexible. */
const VERSION = 3;

type Value<R> = R extends { readonly members: readonly (infer M)[] } ? M : never;
type ReadMember = Value<Read<(typeof GroupMetadataValue)['fields']>>;
type WrittenMember = Value<Write<(typeof GroupMetadataValue)['fields']>>;

function writtenMember(member: ClassicMemberFacts): WrittenMember {
  return {
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription: member.subscription,
    assignment: member.assignment,
  };
}

/** Version 0 knows no rebalance timeout: the session timeout stood for both. */
function memberFacts(member: ReadMember): ClassicMemberFacts {
  const { rebalanceTimeout, sessionTimeout } = member;
  return {
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: rebalanceTimeout === NONE ? sessionTimeout : rebalanceTimeout,
    sessionTimeoutMs: sessionTimeout,
    subscription: Buffer.from(member.subscription),
    assignment: Buffer.from(member.assignment),
  };
}

export const classicGroupRecord: RecordType = recordType({
  id: 2,
  key: GroupMetadataKey,
  value: GroupMetadataValue,
  stored: 'classic-group-stored',
  deleted: 'classic-group-deleted',
  keyOf: ({ groupId }) => ({ group: groupId }),
  identity: ({ group }) => ({ groupId: group }),
  versionOf: () => VERSION,
  valueOf: event => ({
    protocolType: event.protocolType,
    generation: event.generationId,
    protocol: event.protocolName,
    leader: event.leaderId,
    currentStateTimestamp: event.stateTimestampMs ?? NONE,
    members: event.members.map(writtenMember),
  }),
  facts: value => ({
    protocolType: value.protocolType,
    generationId: value.generation,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateTimestampMs: value.currentStateTimestamp === NONE ? null : value.currentStateTimestamp,
    members: value.members.map(memberFacts),
  }),
});
