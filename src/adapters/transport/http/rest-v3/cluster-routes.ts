import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { related, resource, resourceList, ResourceNames } from './resources.ts';

const cluster = resource('KafkaCluster', {
  cluster_id: z.string(),
  controller: related,
  acls: related,
  brokers: related,
  broker_configs: related,
  consumer_groups: related,
  topics: related,
  partition_reassignments: related,
});
const clusterList = resourceList('KafkaClusterList', cluster);

export const clusterPath = z.object({ clusterId: z.string() });

/** Throws for a path into another cluster. */
export function expectCluster(parts: HttpParts, clusterId: string): void {
  if (clusterId !== parts.clusterId) throw new HttpError(40401, `there is no cluster ${clusterId}`);
}

/** `/v3/clusters`: the one that this broker is. */
export function clusterRoutes(app: HttpApp, parts: HttpParts): void {
  const tags = ['Cluster (v3)'];
  app.get('/v3/clusters', { schema: { tags, response: { 200: clusterList } } }, async request => ({
    kind: 'KafkaClusterList' as const,
    metadata: new ResourceNames(request).listMetadata('clusters'),
    data: [clusterOf(request, parts)],
  }));
  app.get(
    '/v3/clusters/:clusterId',
    { schema: { tags, params: clusterPath, response: { 200: cluster } } },
    async request => {
      expectCluster(parts, request.params.clusterId);
      return clusterOf(request, parts);
    },
  );
}

function clusterOf(request: FastifyRequest, { useCases }: HttpParts): z.output<typeof cluster> {
  const { clusterId, controllerId } = useCases.describeCluster.execute();
  const names = new ResourceNames(request);
  const path = ['clusters', clusterId];
  return {
    kind: 'KafkaCluster',
    metadata: names.metadata(...path),
    cluster_id: clusterId,
    controller: names.related(...path, 'brokers', controllerId),
    acls: names.related(...path, 'acls'),
    brokers: names.related(...path, 'brokers'),
    broker_configs: names.related(...path, 'broker-configs'),
    consumer_groups: names.related(...path, 'consumer-groups'),
    topics: names.related(...path, 'topics'),
    partition_reassignments: names.related(
      ...path,
      'topics',
      '-',
      'partitions',
      '-',
      'reassignment',
    ),
  };
}
