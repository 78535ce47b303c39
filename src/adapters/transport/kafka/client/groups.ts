import { ConsumerGroupDescribe } from '../messages/consumer-group-describe.ts';
import { DeleteGroups } from '../messages/delete-groups.ts';
import { DescribeGroups } from '../messages/describe-groups.ts';
import { NO_ERROR } from '../messages/error-codes.ts';
import { ListGroups } from '../messages/list-groups.ts';
import { KafkaConsumerProtocol } from '../records/consumer-protocol.ts';
import type { TopicPartitions } from '../../../../ports/consumer-protocol.ts';
import { ClientError, errorNameOf, expectSuccess } from './client-error.ts';
import type { Coordinator } from './coordinator.ts';
import { type CoordinatorInfo } from './coordinator.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

/** A group as it is listed. State and type are empty where the broker is too old to tell. */
export interface GroupInfo {
  readonly groupId: string;
  readonly state: string;
  readonly type: string;
  readonly protocolType: string;
}

export interface GroupMemberInfo {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assigned: readonly TopicPartitions[];
}

/** A group and its members. `Dead` is the state of one that is not there. */
export interface GroupDescription extends GroupInfo {
  /** How partitions are assigned; empty while nothing is. */
  readonly assignor: string;
  readonly coordinator: CoordinatorInfo;
  readonly members: readonly GroupMemberInfo[];
}

type Described = Omit<GroupDescription, 'coordinator'>;

const FIRST_VERSION_WITH_STATES = 4;
const PROTOCOL_TYPE = 'consumer';
const PROTOCOL = new KafkaConsumerProtocol();

/** The groups of all brokers by name; of every state, unless some are named. */
export async function listGroups(
  cluster: KafkaCluster,
  states: readonly string[] = [],
): Promise<GroupInfo[]> {
  const nodes = await cluster.nodes();
  const listed = nodes.map(async node => {
    const { errorCode, groups } = await node.request(ListGroups, version => {
      if (version >= FIRST_VERSION_WITH_STATES) return { statesFilter: states };
      if (states.length === 0) return {};
      throw new ClientError('unsupported', 'the broker is too old to tell the states of groups');
    });
    expectSuccess(errorCode, 'list groups');
    return groups.map(group => ({
      ...{ groupId: group.groupId, protocolType: group.protocolType },
      ...{ state: group.groupState, type: group.groupType },
    }));
  });
  const groups = (await Promise.all(listed)).flat();
  return groups.sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
}

/** One group of either protocol; rejects with `refused` when its coordinator does not tell. */
export async function describeGroup(coordinator: Coordinator): Promise<GroupDescription> {
  const group = (await describeConsumer(coordinator)) ?? (await describeClassic(coordinator));
  return { ...group, coordinator: await coordinator.info() };
}

/** Rejects with `refused` when the broker does not delete it, as when it has members. */
export async function deleteGroup(coordinator: Coordinator): Promise<void> {
  const { groupId } = coordinator;
  const { results } = await coordinator.ask(DeleteGroups, { groupsNames: [groupId] }, answer =>
    answer.results.map(({ errorCode }) => errorCode),
  );
  const { errorCode, errorMessage } = results[0] ?? { errorCode: NO_ERROR, errorMessage: null };
  const hasMembers = errorNameOf(errorCode) === 'NON_EMPTY_GROUP';
  const detail = hasMembers ? 'it has members: stop them first' : errorMessage;
  expectSuccess(errorCode, `delete group ${groupId}`, detail);
}

/** A group of KIP-848; null when it is not one. */
async function describeConsumer(coordinator: Coordinator): Promise<Described | null> {
  if (!(await coordinator.serves(ConsumerGroupDescribe))) return null;
  const { groupId } = coordinator;
  const answer = await coordinator.ask(
    ConsumerGroupDescribe,
    { groupIds: [groupId], includeAuthorizedOperations: false },
    ({ groups }) => groups.map(({ errorCode }) => errorCode),
  );
  const group = answer.groups[0]!;
  if (errorNameOf(group.errorCode) === 'GROUP_ID_NOT_FOUND') return null;
  expectSuccess(group.errorCode, `group ${groupId}`, group.errorMessage);
  const members = group.members.map(
    ({ memberId, instanceId, clientId, clientHost, assignment }) => {
      const assigned = assignment.topicPartitions.map(({ topicName, partitions }) => ({
        topic: topicName,
        partitions,
      }));
      return { memberId, instanceId, clientId, host: clientHost, assigned };
    },
  );
  const { groupState: state, assignorName: assignor } = group;
  return { groupId, state, type: 'consumer', protocolType: PROTOCOL_TYPE, assignor, members };
}

async function describeClassic(coordinator: Coordinator): Promise<Described> {
  const { groupId } = coordinator;
  const answer = await coordinator.ask(DescribeGroups, { groups: [groupId] }, ({ groups }) =>
    groups.map(({ errorCode }) => errorCode),
  );
  const group = answer.groups[0]!;
  const { groupState, protocolType, protocolData: assignor } = group;
  const isMissing = errorNameOf(group.errorCode) === 'GROUP_ID_NOT_FOUND';
  if (!isMissing) expectSuccess(group.errorCode, `group ${groupId}`, group.errorMessage);
  const members = group.members.map(({ memberId, groupInstanceId, ...member }) => ({
    ...{ memberId, instanceId: groupInstanceId },
    ...{ clientId: member.clientId, host: member.clientHost },
    assigned: assignedOf(protocolType, member.memberAssignment),
  }));
  const state = isMissing ? 'Dead' : groupState;
  return { groupId, state, type: 'classic', protocolType, assignor, members };
}

/** What members of other protocols (Connect's) are assigned is theirs to know. */
function assignedOf(protocolType: string, assignment: Buffer): readonly TopicPartitions[] {
  if (protocolType !== PROTOCOL_TYPE) return [];
  return PROTOCOL.readAssignment(assignment)?.assignedPartitions ?? [];
}
