import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { BrokerNode } from '../../../../domain/use-cases/describe-cluster.ts';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { clusterPath, expectCluster } from './cluster-routes.ts';
import { related, resource, resourceList, ResourceNames } from './resources.ts';

const broker = resource('KafkaBroker', {
  cluster_id: z.string(),
  broker_id: z.number(),
  host: z.string(),
  port: z.number(),
  configs: related,
});
const brokerList = resourceList('KafkaBrokerList', broker);

export const brokerPath = clusterPath.extend({ brokerId: z.coerce.number().int() });

const TAGS = ['Broker (v3)'];

/** Throws for a path to another broker. */
export function expectBroker(parts: HttpParts, path: z.output<typeof brokerPath>): void {
  expectCluster(parts, path.clusterId);
  if (path.brokerId === parts.brokerId) return;
  throw new HttpError(40401, `there is no broker ${path.brokerId}`);
}

/** `/v3/clusters/{id}/brokers`. */
export function brokerRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    '/v3/clusters/:clusterId/brokers',
    { schema: { tags: TAGS, params: clusterPath, response: { 200: brokerList } } },
    async request => {
      const { clusterId } = request.params;
      expectCluster(parts, clusterId);
      const { brokers } = parts.useCases.describeCluster.execute();
      return {
        kind: 'KafkaBrokerList' as const,
        metadata: new ResourceNames(request).listMetadata('clusters', clusterId, 'brokers'),
        data: brokers.map(node => shown(request, parts, node)),
      };
    },
  );
  app.get(
    '/v3/clusters/:clusterId/brokers/:brokerId',
    { schema: { tags: TAGS, params: brokerPath, response: { 200: broker } } },
    async request => {
      expectBroker(parts, request.params);
      return shown(request, parts, parts.useCases.describeCluster.execute().brokers[0]!);
    },
  );
  const refuseAcls = async (request: { params: z.output<typeof clusterPath> }): Promise<never> => {
    expectCluster(parts, request.params.clusterId);
    throw new HttpError(40002, 'No Authorizer is configured.');
  };
  const acls = '/v3/clusters/:clusterId/acls';
  app.get(acls, { schema: { tags: ['ACL (v3)'], params: clusterPath } }, refuseAcls);
}

function shown(
  request: FastifyRequest,
  { clusterId }: HttpParts,
  { id, host, port }: BrokerNode,
): z.output<typeof broker> {
  const names = new ResourceNames(request);
  const path = ['clusters', clusterId, 'brokers', id];
  return {
    kind: 'KafkaBroker',
    metadata: names.metadata(...path),
    cluster_id: clusterId,
    broker_id: id,
    host,
    port,
    configs: names.related(...path, 'configs'),
  };
}
