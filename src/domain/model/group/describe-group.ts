import { CONSUMER_PROTOCOL_TYPE, type ClassicGroup } from './classic/classic-group.ts';
import { metadataOf, NO_ASSIGNMENT } from './classic/classic-member.ts';
import type { ConsumerGroup } from './consumer/consumer-group.ts';
import type { DescribeGroupReply, ListedGroup } from './group-commands.ts';

/** What is said of a group that is not there, or is no classic one. */
export function deadGroup(problem: string): DescribeGroupReply {
  return { problem, state: 'Dead', protocolType: '', protocolName: '', members: [] };
}

/** The protocol, and what members said for it, are told of a stable group only (GroupMetadataManager.describeGroups). */
export function describeClassicGroup(group: ClassicGroup): DescribeGroupReply {
  const protocolName = group.state === 'Stable' ? group.protocolName : null;
  return {
    problem: null,
    state: group.state,
    protocolType: group.protocolType ?? '',
    protocolName: protocolName ?? '',
    members: Array.from(group.members.values(), member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: protocolName === null ? NO_ASSIGNMENT : metadataOf(member, protocolName),
      assignment: member.assignment,
    })),
  };
}

export function listConsumerGroup({ id: groupId, state }: ConsumerGroup): ListedGroup {
  return { groupId, protocolType: CONSUMER_PROTOCOL_TYPE, state, kind: 'consumer' };
}

export function listClassicGroup({ groupId, protocolType, state }: ClassicGroup): ListedGroup {
  return { groupId, protocolType: protocolType ?? '', state, kind: 'classic' };
}
