import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Topic } from '../../../../domain/model/topic/topic.ts';
import type { HttpApp } from '../typed-app.ts';
import { describedTopic } from '../described-topic.ts';
import { expectNoError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { clusterPath, expectCluster } from './cluster-routes.ts';
import { related, resource, resourceList, ResourceNames } from './resources.ts';

const topic = resource('KafkaTopic', {
  cluster_id: z.string(),
  topic_name: z.string(),
  is_internal: z.boolean(),
  replication_factor: z.number(),
  partitions_count: z.number(),
  partitions: related,
  configs: related,
  partition_reassignments: related,
  authorized_operations: z.array(z.string()),
});
const topicList = resourceList('KafkaTopicList', topic);

const newTopic = z.object({
  topic_name: z.string(),
  partitions_count: z.int().optional(),
  replication_factor: z.int().optional(),
  replicas_assignments: z
    .array(z.object({ partition_id: z.int(), broker_ids: z.array(z.int()) }))
    .optional(),
  configs: z.array(z.object({ name: z.string(), value: z.string().nullish() })).optional(),
  validate_only: z.boolean().optional(),
});

export const topicPath = clusterPath.extend({ topic: z.string() });

const TAGS = ['Topic (v3)'];
const DEFAULT = -1;

/** The topic of a path; throws for one that is not there, or in another cluster. */
export async function topicOf(
  parts: HttpParts,
  { clusterId, topic: name }: z.output<typeof topicPath>,
): Promise<Topic> {
  expectCluster(parts, clusterId);
  const { error, topic: found } = await describedTopic(parts, name);
  expectNoError(error, `there is no topic ${name}`);
  return found!;
}

/** `/v3/clusters/{id}/topics`. */
export function topicRoutes(app: HttpApp, parts: HttpParts): void {
  listTopics(app, parts);
  createTopic(app, parts);
  app.get(
    '/v3/clusters/:clusterId/topics/:topic',
    { schema: { tags: TAGS, params: topicPath, response: { 200: topic } } },
    async request => shown(request, parts, await topicOf(parts, request.params)),
  );
  growTopic(app, parts);
  app.delete(
    '/v3/clusters/:clusterId/topics/:topic',
    { schema: { tags: TAGS, params: topicPath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { name } = await topicOf(parts, request.params);
      const [result] = await parts.useCases.deleteTopics.execute([{ name, topicId: null }]);
      expectNoError(result!.error, result!.message);
      return reply.code(204).send(null);
    },
  );
}

function listTopics(app: HttpApp, parts: HttpParts): void {
  app.get(
    '/v3/clusters/:clusterId/topics',
    { schema: { tags: TAGS, params: clusterPath, response: { 200: topicList } } },
    async request => {
      const { clusterId } = request.params;
      expectCluster(parts, clusterId);
      const query = { topics: null, allowAutoCreation: false };
      const found = await parts.useCases.describeTopics.execute(query);
      return {
        kind: 'KafkaTopicList' as const,
        metadata: new ResourceNames(request).listMetadata('clusters', clusterId, 'topics'),
        data: found.map(({ topic }) => shown(request, parts, topic!)),
      };
    },
  );
}

/** What would be made is shown too, with 200: then nothing was. */
function createTopic(app: HttpApp, parts: HttpParts): void {
  const response = { 200: topic, 201: topic };
  app.post(
    '/v3/clusters/:clusterId/topics',
    { schema: { tags: TAGS, params: clusterPath, body: newTopic, response } },
    async (request, reply) => {
      const { clusterId } = request.params;
      expectCluster(parts, clusterId);
      const wanted = request.body;
      const validateOnly = wanted.validate_only ?? false;
      const [result] = await parts.useCases.createTopics.execute({
        topics: [wantedTopic(wanted)],
        validateOnly,
      });
      expectNoError(result!.error, result!.message);
      const { name, partitions } = result!;
      const created = { name, partitionCount: partitions, internal: false };
      return reply.code(validateOnly ? 200 : 201).send(shown(request, parts, created));
    },
  );
}

function wantedTopic(wanted: z.output<typeof newTopic>) {
  const assignments = wanted.replicas_assignments ?? [];
  return {
    name: wanted.topic_name,
    partitions: wanted.partitions_count ?? DEFAULT,
    replicationFactor: wanted.replication_factor ?? DEFAULT,
    assignments: assignments.map(({ partition_id, broker_ids }) => ({
      partition: partition_id,
      brokerIds: broker_ids,
    })),
    configs: (wanted.configs ?? []).map(({ name, value }) => ({ name, value: value ?? null })),
  };
}

function growTopic(app: HttpApp, parts: HttpParts): void {
  const body = z.object({ partitions_count: z.int() });
  app.patch(
    '/v3/clusters/:clusterId/topics/:topic',
    { schema: { tags: TAGS, params: topicPath, body, response: { 200: topic } } },
    async request => {
      const { name } = await topicOf(parts, request.params);
      const more = { name, count: request.body.partitions_count, assignments: null };
      const command = { topics: [more], validateOnly: false };
      const [result] = await parts.useCases.createPartitions.execute(command);
      expectNoError(result!.error, result!.message);
      return shown(request, parts, await topicOf(parts, request.params));
    },
  );
}

function shown(
  request: FastifyRequest,
  { clusterId }: HttpParts,
  { name, partitionCount, internal }: Pick<Topic, 'name' | 'partitionCount' | 'internal'>,
): z.output<typeof topic> {
  const names = new ResourceNames(request);
  const path = ['clusters', clusterId, 'topics', name];
  return {
    kind: 'KafkaTopic',
    metadata: names.metadata(...path),
    cluster_id: clusterId,
    topic_name: name,
    is_internal: internal,
    replication_factor: 1,
    partitions_count: partitionCount,
    partitions: names.related(...path, 'partitions'),
    configs: names.related(...path, 'configs'),
    partition_reassignments: names.related(...path, 'partitions', '-', 'reassignment'),
    authorized_operations: [],
  };
}
