import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type {
  GroupDescription,
  GroupMember,
  GroupStanding,
  PartitionLag,
} from '../../../../domain/use-cases/examine-group.ts';
import { BrokerError } from '../../../../domain/model/error.ts';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { clusterPath, expectCluster } from './cluster-routes.ts';
import { related, resource, resourceList, ResourceNames } from './resources.ts';

const group = resource('KafkaConsumerGroup', {
  cluster_id: z.string(),
  consumer_group_id: z.string(),
  is_simple: z.boolean(),
  partition_assignor: z.string(),
  state: z.string(),
  type: z.string(),
  coordinator: related,
  consumers: related,
  lag_summary: related,
});
const groupList = resourceList('KafkaConsumerGroupList', group);

const consumer = resource('KafkaConsumer', {
  cluster_id: z.string(),
  consumer_group_id: z.string(),
  consumer_id: z.string(),
  instance_id: z.string().nullable(),
  client_id: z.string(),
  assignments: related,
});
const consumerList = resourceList('KafkaConsumerList', consumer);

const assignment = resource('KafkaConsumerAssignment', {
  cluster_id: z.string(),
  consumer_group_id: z.string(),
  consumer_id: z.string(),
  topic_name: z.string(),
  partition_id: z.number(),
  partition: related,
  lag: related,
});
const assignmentList = resourceList('KafkaConsumerAssignmentList', assignment);

export const groupPath = clusterPath.extend({ group: z.string() });
const consumerPath = groupPath.extend({ consumer: z.string() });

const TAGS = ['Consumer group (v3)'];
const ROOT = '/v3/clusters/:clusterId/consumer-groups';

/** Throws when there is no such group. */
export function standingOf(
  parts: HttpParts,
  { clusterId, group: groupId }: z.output<typeof groupPath>,
): Promise<GroupStanding> {
  expectCluster(parts, clusterId);
  return parts.useCases.examineGroup.execute(groupId);
}

/** `/v3/clusters/{id}/consumer-groups`, and their consumers. */
export function groupRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    ROOT,
    { schema: { tags: TAGS, params: clusterPath, response: { 200: groupList } } },
    async request => {
      const { clusterId } = request.params;
      expectCluster(parts, clusterId);
      const listed = await parts.useCases.listGroups.execute({ states: [], types: [] });
      const found = await Promise.all(listed.map(({ groupId }) => described(parts, groupId)));
      return {
        kind: 'KafkaConsumerGroupList' as const,
        metadata: new ResourceNames(request).listMetadata('clusters', clusterId, 'consumer-groups'),
        data: found.flatMap(one => (one === null ? [] : [shown(request, parts, one)])),
      };
    },
  );
  app.get(
    `${ROOT}/:group`,
    { schema: { tags: TAGS, params: groupPath, response: { 200: group } } },
    async request => shown(request, parts, await standingOf(parts, request.params)),
  );
  consumerRoutes(app, parts);
  assignmentRoutes(app, parts);
}

/** Null for a group that went since it was listed. */
async function described(parts: HttpParts, groupId: string): Promise<GroupDescription | null> {
  return parts.useCases.examineGroup.describe(groupId).catch((error: unknown) => {
    if (error instanceof BrokerError && error.code === 'GROUP_ID_NOT_FOUND') return null;
    throw error;
  });
}

function consumerRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    `${ROOT}/:group/consumers`,
    { schema: { tags: TAGS, params: groupPath, response: { 200: consumerList } } },
    async request => {
      const found = await standingOf(parts, request.params);
      const path = [...pathOf(parts, found), 'consumers'];
      return {
        kind: 'KafkaConsumerList' as const,
        metadata: new ResourceNames(request).listMetadata(...path),
        data: found.members.map(member => consumerOf(request, parts, { found, member })),
      };
    },
  );
  app.get(
    `${ROOT}/:group/consumers/:consumer`,
    { schema: { tags: TAGS, params: consumerPath, response: { 200: consumer } } },
    async request => consumerOf(request, parts, await memberOf(parts, request.params)),
  );
}

function assignmentRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    `${ROOT}/:group/consumers/:consumer/assignments`,
    { schema: { tags: TAGS, params: consumerPath, response: { 200: assignmentList } } },
    async request => {
      const { found, member } = await memberOf(parts, request.params);
      const path = [...pathOf(parts, found), 'consumers', member.memberId, 'assignments'];
      return {
        kind: 'KafkaConsumerAssignmentList' as const,
        metadata: new ResourceNames(request).listMetadata(...path),
        data: member.assignment.flatMap(({ topic, partitions }) =>
          partitions.map(partition =>
            assignmentOf(request, parts, { found, member, place: { topic, partition } }),
          ),
        ),
      };
    },
  );
}

interface Membership {
  readonly found: GroupStanding;
  readonly member: GroupMember;
}

async function memberOf(
  parts: HttpParts,
  path: z.output<typeof consumerPath>,
): Promise<Membership> {
  const found = await standingOf(parts, path);
  const member = found.members.find(({ memberId }) => memberId === path.consumer);
  if (!member) throw new HttpError(40401, `the group has no consumer ${path.consumer}`);
  return { found, member };
}

/** The path of a group's resource, in parts. */
export function pathOf({ clusterId }: HttpParts, { groupId }: GroupDescription): string[] {
  return ['clusters', clusterId, 'consumer-groups', groupId];
}

function shown(
  request: FastifyRequest,
  parts: HttpParts,
  found: GroupDescription,
): z.output<typeof group> {
  const names = new ResourceNames(request);
  const path = pathOf(parts, found);
  return {
    kind: 'KafkaConsumerGroup',
    metadata: names.metadata(...path),
    cluster_id: parts.clusterId,
    consumer_group_id: found.groupId,
    // Kafka's ConsumerGroupDescription.isSimpleConsumerGroup: one that only keeps offsets.
    is_simple: found.kind === 'classic' && found.assignor === '' && found.members.length === 0,
    partition_assignor: found.assignor,
    state: found.state.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
    type: found.kind.toUpperCase(),
    coordinator: names.related('clusters', parts.clusterId, 'brokers', parts.brokerId),
    consumers: names.related(...path, 'consumers'),
    lag_summary: names.related(...path, 'lag-summary'),
  };
}

function consumerOf(
  request: FastifyRequest,
  parts: HttpParts,
  { found, member }: Membership,
): z.output<typeof consumer> {
  const names = new ResourceNames(request);
  const path = [...pathOf(parts, found), 'consumers', member.memberId];
  return {
    kind: 'KafkaConsumer',
    metadata: names.metadata(...path),
    cluster_id: parts.clusterId,
    consumer_group_id: found.groupId,
    consumer_id: member.memberId,
    instance_id: member.instanceId,
    client_id: member.clientId,
    assignments: names.related(...path, 'assignments'),
  };
}

function assignmentOf(
  request: FastifyRequest,
  parts: HttpParts,
  { found, member, place }: Membership & { place: Pick<PartitionLag, 'topic' | 'partition'> },
): z.output<typeof assignment> {
  const names = new ResourceNames(request);
  const { topic, partition } = place;
  const path = [...pathOf(parts, found), 'consumers', member.memberId, 'assignments', topic];
  const owner = ['clusters', parts.clusterId, 'topics', topic, 'partitions', partition];
  return {
    kind: 'KafkaConsumerAssignment',
    metadata: names.metadata(...path, 'partitions', partition),
    cluster_id: parts.clusterId,
    consumer_group_id: found.groupId,
    consumer_id: member.memberId,
    topic_name: topic,
    partition_id: partition,
    partition: names.related(...owner),
    lag: names.related(...pathOf(parts, found), 'lags', topic, 'partitions', partition),
  };
}
