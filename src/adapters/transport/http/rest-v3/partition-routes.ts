import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { expectCluster } from './cluster-routes.ts';
import { related, resource, resourceList, ResourceNames } from './resources.ts';
import { topicOf, topicPath } from './topic-routes.ts';

const partition = resource('KafkaPartition', {
  cluster_id: z.string(),
  topic_name: z.string(),
  partition_id: z.number(),
  leader: related,
  replicas: related,
  reassignment: related,
});
const partitionList = resourceList('KafkaPartitionList', partition);

const replica = resource('KafkaReplica', {
  cluster_id: z.string(),
  topic_name: z.string(),
  partition_id: z.number(),
  broker_id: z.number(),
  is_leader: z.boolean(),
  is_in_sync: z.boolean(),
  broker: related,
});
const replicaList = resourceList('KafkaReplicaList', replica);

const reassignmentList = resourceList('KafkaReassignmentList', z.object({}));

const partitionPath = topicPath.extend({ partition: z.coerce.number().int().min(0) });

const TAGS = ['Partition (v3)'];
const ROOT = '/v3/clusters/:clusterId/topics/:topic/partitions';

/** `/v3/clusters/{id}/topics/{topic}/partitions`: each has one replica, on this broker. */
export function partitionRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    ROOT,
    { schema: { tags: TAGS, params: topicPath, response: { 200: partitionList } } },
    async request => {
      const { name, partitionCount } = await topicOf(parts, request.params);
      const path = ['clusters', parts.clusterId, 'topics', name, 'partitions'];
      return {
        kind: 'KafkaPartitionList' as const,
        metadata: new ResourceNames(request).listMetadata(...path),
        data: Array.from({ length: partitionCount }, (_, index) =>
          shown(request, parts, { topic: name, index }),
        ),
      };
    },
  );
  app.get(
    `${ROOT}/:partition`,
    { schema: { tags: TAGS, params: partitionPath, response: { 200: partition } } },
    async request => shown(request, parts, await partitionOf(parts, request.params)),
  );
  replicaRoutes(app, parts);
  reassignmentRoutes(app, parts);
}

/** One broker has nobody to move a replica to. */
function reassignmentRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    `${ROOT}/-/reassignment`,
    { schema: { tags: TAGS, params: topicPath, response: { 200: reassignmentList } } },
    async request => {
      const { topic, clusterId } = request.params;
      if (topic === '-') expectCluster(parts, clusterId);
      else await topicOf(parts, request.params);
      const path = ['clusters', clusterId, 'topics', topic, 'partitions', '-', 'reassignment'];
      return {
        kind: 'KafkaReassignmentList' as const,
        metadata: new ResourceNames(request).listMetadata(...path),
        data: [],
      };
    },
  );
  app.get(
    `${ROOT}/:partition/reassignment`,
    { schema: { tags: TAGS, params: partitionPath } },
    async request => {
      const { topic, index } = await partitionOf(parts, request.params);
      throw new HttpError(40401, `${topic}-${index} is not being reassigned`);
    },
  );
}

function replicaRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    `${ROOT}/:partition/replicas`,
    { schema: { tags: TAGS, params: partitionPath, response: { 200: replicaList } } },
    async request => {
      const place = await partitionOf(parts, request.params);
      return {
        kind: 'KafkaReplicaList' as const,
        metadata: new ResourceNames(request).listMetadata(...pathOf(parts, place), 'replicas'),
        data: [replicaOf(request, parts, place)],
      };
    },
  );
  const params = partitionPath.extend({ brokerId: z.coerce.number().int() });
  app.get(
    `${ROOT}/:partition/replicas/:brokerId`,
    { schema: { tags: TAGS, params, response: { 200: replica } } },
    async request => {
      const place = await partitionOf(parts, request.params);
      const { brokerId } = request.params;
      if (brokerId !== parts.brokerId) throw new HttpError(40401, `no replica is on ${brokerId}`);
      return replicaOf(request, parts, place);
    },
  );
}

interface Place {
  readonly topic: string;
  readonly index: number;
}

async function partitionOf(parts: HttpParts, path: z.output<typeof partitionPath>): Promise<Place> {
  const { name, partitionCount } = await topicOf(parts, path);
  if (path.partition < partitionCount) return { topic: name, index: path.partition };
  throw new HttpError(40403, `the topic ${name} has no partition ${path.partition}`);
}

function pathOf({ clusterId }: HttpParts, { topic, index }: Place): (string | number)[] {
  return ['clusters', clusterId, 'topics', topic, 'partitions', index];
}

function shown(
  request: FastifyRequest,
  parts: HttpParts,
  place: Place,
): z.output<typeof partition> {
  const names = new ResourceNames(request);
  const path = pathOf(parts, place);
  return {
    kind: 'KafkaPartition',
    metadata: names.metadata(...path),
    cluster_id: parts.clusterId,
    topic_name: place.topic,
    partition_id: place.index,
    leader: names.related(...path, 'replicas', parts.brokerId),
    replicas: names.related(...path, 'replicas'),
    reassignment: names.related(...path, 'reassignment'),
  };
}

function replicaOf(
  request: FastifyRequest,
  parts: HttpParts,
  place: Place,
): z.output<typeof replica> {
  const names = new ResourceNames(request);
  return {
    kind: 'KafkaReplica',
    metadata: names.metadata(...pathOf(parts, place), 'replicas', parts.brokerId),
    cluster_id: parts.clusterId,
    topic_name: place.topic,
    partition_id: place.index,
    broker_id: parts.brokerId,
    is_leader: true,
    is_in_sync: true,
    broker: names.related('clusters', parts.clusterId, 'brokers', parts.brokerId),
  };
}
