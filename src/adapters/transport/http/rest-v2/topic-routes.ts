import { z } from 'zod';
import { httpErrorOf } from '../http-errors.ts';
import type { HttpApp } from '../typed-app.ts';
import type { HttpParts } from '../http-parts.ts';
import { V2_TYPE } from './data-formats.ts';
import { expectPartition, partitionPath, topicNamed, topicPath } from './v2-topics.ts';

const partition = z.object({
  partition: z.number(),
  leader: z.number(),
  replicas: z.array(z.object({ broker: z.number(), leader: z.boolean(), in_sync: z.boolean() })),
});
const topic = z.object({
  name: z.string(),
  configs: z.record(z.string(), z.string().nullable()),
  partitions: z.array(partition),
});
const offsets = z.object({ beginning_offset: z.number(), end_offset: z.number() });
const brokers = z.object({ brokers: z.array(z.number()) });

const SPEAKS = { tags: ['Topics (v2)'], produces: [V2_TYPE] };

/** What there is, as REST API v2 shows it: `/topics`, `/topics/{t}/partitions`, `/brokers`. */
export function topicRoutesV2(app: HttpApp, parts: HttpParts): void {
  app.addHook('preSerialization', async (_, reply) => {
    if (reply.statusCode < 400) void reply.type(V2_TYPE);
  });
  app.get(
    '/topics',
    { schema: { ...SPEAKS, response: { 200: z.array(z.string()) } } },
    async () => {
      const query = { topics: null, allowAutoCreation: false };
      const found = await parts.useCases.describeTopics.execute(query);
      return found.map(({ name }) => name!);
    },
  );
  app.get(
    '/topics/:topic',
    { schema: { ...SPEAKS, params: topicPath, response: { 200: topic } } },
    async request => {
      const { name, partitionCount } = await topicNamed(parts, request.params.topic);
      const partitions = partitionsOf(parts, partitionCount);
      return { name, configs: configsOf(parts, name), partitions };
    },
  );
  partitionRoutes(app, parts);
  app.get('/brokers', { schema: { ...SPEAKS, response: { 200: brokers } } }, async () => ({
    brokers: parts.useCases.describeCluster.execute().brokers.map(({ id }) => id),
  }));
}

function partitionRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    '/topics/:topic/partitions',
    { schema: { ...SPEAKS, params: topicPath, response: { 200: z.array(partition) } } },
    async request => {
      const { partitionCount } = await topicNamed(parts, request.params.topic);
      return partitionsOf(parts, partitionCount);
    },
  );
  app.get(
    '/topics/:topic/partitions/:partition',
    { schema: { ...SPEAKS, params: partitionPath, response: { 200: partition } } },
    async request => {
      await expectPartition(parts, request.params);
      return partitionOf(parts, request.params.partition);
    },
  );
  app.get(
    '/topics/:topic/partitions/:partition/offsets',
    { schema: { ...SPEAKS, params: partitionPath, response: { 200: offsets } } },
    async request => {
      await expectPartition(parts, request.params);
      const place = { ...request.params, topicId: null, currentLeaderEpoch: -1 };
      const [start, end] = await parts.useCases.listOffsets.execute([
        { ...place, spec: 'earliest' },
        { ...place, spec: 'latest' },
      ]);
      const error = start!.error ?? end!.error;
      if (error !== null) throw httpErrorOf(error, null);
      return { beginning_offset: start!.offset, end_offset: end!.offset };
    },
  );
}

function partitionsOf(parts: HttpParts, count: number): z.output<typeof partition>[] {
  return Array.from({ length: count }, (_, index) => partitionOf(parts, index));
}

function partitionOf({ brokerId }: HttpParts, index: number): z.output<typeof partition> {
  const replicas = [{ broker: brokerId, leader: true, in_sync: true }];
  return { partition: index, leader: brokerId, replicas };
}

function configsOf({ useCases }: HttpParts, name: string): Record<string, string | null> {
  const [described] = useCases.describeConfigs.execute([{ type: 'TOPIC', name, names: null }]);
  const pairs = described!.configs.map(config => [config.name, config.value] as const);
  return Object.fromEntries(pairs);
}
