import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ConfigChange, Resource } from '../../../../domain/model/cluster/config-change.ts';
import type { HttpApp } from '../typed-app.ts';
import type { HttpParts } from '../http-parts.ts';
import { brokerPath, expectBroker } from './broker-routes.ts';
import { clusterPath, expectCluster } from './cluster-routes.ts';
import { ConfigResources, type ConfigKind, type ConfigPath } from './config-resources.ts';
import { topicOf, topicPath } from './topic-routes.ts';

/** Where settings of one kind are, and whose settings a path means. */
interface ConfigPlace {
  readonly route: string;
  readonly params: z.ZodObject;
  /** Throws when there is no such resource. */
  readonly resourceOf: (path: ConfigPath) => Resource | Promise<Resource>;
  readonly configs: ConfigResources;
}

const alteration = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      value: z.string().nullish(),
      operation: z.enum(['SET', 'DELETE', 'APPEND', 'SUBTRACT']).optional(),
    }),
  ),
  validate_only: z.boolean().optional(),
});

const TAGS = ['Configs (v3)'];
const DONE = { 204: z.null() };

/** The settings of topics, of this broker, and of all brokers. */
export function configRoutes(app: HttpApp, parts: HttpParts): void {
  const topics = topicConfigs(parts);
  for (const place of [topics, brokerConfigs(parts), clusterConfigs(parts)]) {
    readConfigs(app, place);
    writeConfigs(app, place);
  }
  listAllTopicConfigs(app, parts, topics.configs);
}

function readConfigs(app: HttpApp, { route, params, resourceOf, configs }: ConfigPlace): void {
  const one = params.extend({ name: z.string() });
  app.get(
    route,
    { schema: { tags: TAGS, params, response: { 200: configs.listSchema } } },
    async request => configs.list(request, await resourceOf(pathIn(request))),
  );
  app.get(
    `${route}/:name`,
    { schema: { tags: TAGS, params: one, response: { 200: configs.schema } } },
    async request => configs.one(request, await resourceOf(pathIn(request)), pathIn(request).name),
  );
}

function writeConfigs(app: HttpApp, { route, params, resourceOf, configs }: ConfigPlace): void {
  const one = params.extend({ name: z.string() });
  const body = z.object({ value: z.string().nullable() });
  app.put(
    `${route}/:name`,
    { schema: { tags: TAGS, params: one, body, response: DONE } },
    async (request, reply) => {
      const path = pathIn(request);
      const { value } = request.body;
      await configs.alter(await resourceOf(path), [{ name: path.name, operation: 'SET', value }]);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    `${route}/:name`,
    { schema: { tags: TAGS, params: one, response: DONE } },
    async (request, reply) => {
      const path = pathIn(request);
      const reset: ConfigChange = { name: path.name, operation: 'DELETE', value: null };
      await configs.alter(await resourceOf(path), [reset]);
      return reply.code(204).send(null);
    },
  );
  app.post(
    `${route}::alter`,
    { schema: { tags: TAGS, params, body: alteration, response: DONE } },
    async (request, reply) => {
      const { data, validate_only } = request.body;
      await configs.alter(await resourceOf(pathIn(request)), data.map(changeOf), validate_only);
      return reply.code(204).send(null);
    },
  );
}

function changeOf(change: z.output<typeof alteration>['data'][number]): ConfigChange {
  const { name, value, operation } = change;
  return { name, operation: operation ?? 'SET', value: value ?? null };
}

/** The schemas are made from a kind's path, which types do not follow. */
function pathIn(request: FastifyRequest): ConfigPath & { readonly name: string } {
  return request.params as ConfigPath & { readonly name: string };
}

function topicConfigs(parts: HttpParts): ConfigPlace {
  const kind: ConfigKind = {
    kind: 'KafkaTopicConfig',
    owner: { topic_name: z.string() },
    ownerOf: ({ name }) => ({ topic_name: name }),
    pathOf: ({ name }) => ['clusters', parts.clusterId, 'topics', name, 'configs'],
  };
  return {
    route: '/v3/clusters/:clusterId/topics/:topic/configs',
    params: topicPath,
    resourceOf: async ({ clusterId, topic }) => {
      const { name } = await topicOf(parts, { clusterId, topic: topic! });
      return { type: 'TOPIC', name };
    },
    configs: new ConfigResources(parts, kind),
  };
}

function brokerConfigs(parts: HttpParts): ConfigPlace {
  const kind: ConfigKind = {
    kind: 'KafkaBrokerConfig',
    owner: { broker_id: z.number() },
    ownerOf: ({ name }) => ({ broker_id: Number(name) }),
    pathOf: ({ name }) => ['clusters', parts.clusterId, 'brokers', name, 'configs'],
  };
  return {
    route: '/v3/clusters/:clusterId/brokers/:brokerId/configs',
    params: brokerPath,
    resourceOf: path => {
      expectBroker(parts, { clusterId: path.clusterId, brokerId: path.brokerId! });
      return { type: 'BROKER', name: String(path.brokerId) };
    },
    configs: new ConfigResources(parts, kind),
  };
}

function clusterConfigs(parts: HttpParts): ConfigPlace {
  const kind: ConfigKind = {
    kind: 'KafkaClusterConfig',
    owner: { config_type: z.literal('BROKER') },
    ownerOf: () => ({ config_type: 'BROKER' }),
    pathOf: () => ['clusters', parts.clusterId, 'broker-configs'],
  };
  return {
    route: '/v3/clusters/:clusterId/broker-configs',
    params: clusterPath,
    resourceOf: ({ clusterId }) => {
      expectCluster(parts, clusterId);
      return { type: 'BROKER', name: '' };
    },
    configs: new ConfigResources(parts, kind),
  };
}

function listAllTopicConfigs(app: HttpApp, parts: HttpParts, configs: ConfigResources): void {
  app.get(
    '/v3/clusters/:clusterId/topics/-/configs',
    { schema: { tags: TAGS, params: clusterPath, response: { 200: configs.listSchema } } },
    async (request, reply) => {
      expectCluster(parts, request.params.clusterId);
      const query = { topics: null, allowAutoCreation: false };
      const found = await parts.useCases.describeTopics.execute(query);
      const owners = found.map(({ name }): Resource => ({ type: 'TOPIC', name: name! }));
      const path = ['clusters', parts.clusterId, 'topics', '-', 'configs'];
      const body = configs.stream(request, owners, path);
      return reply.type('application/json; charset=utf-8').send(body as never);
    },
  );
}
