import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { GroupStanding, PartitionLag } from '../../../../domain/use-cases/examine-group.ts';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { groupPath, pathOf, standingOf } from './group-routes.ts';
import { related, resource, resourceList, ResourceNames } from './resources.ts';

const lag = resource('KafkaConsumerLag', {
  cluster_id: z.string(),
  consumer_group_id: z.string(),
  topic_name: z.string(),
  partition_id: z.number(),
  consumer_id: z.string(),
  instance_id: z.string().nullable(),
  client_id: z.string(),
  current_offset: z.number(),
  log_end_offset: z.number(),
  lag: z.number(),
});
const lagList = resourceList('KafkaConsumerLagList', lag);

const summary = resource('KafkaConsumerGroupLagSummary', {
  cluster_id: z.string(),
  consumer_group_id: z.string(),
  max_lag_consumer_id: z.string(),
  max_lag_instance_id: z.string().nullable(),
  max_lag_client_id: z.string(),
  max_lag_topic_name: z.string(),
  max_lag_partition_id: z.number(),
  max_lag: z.number(),
  total_lag: z.number(),
  /** Null when nobody reads that partition. */
  max_lag_consumer: related.nullable(),
  max_lag_partition: related,
});

const TAGS = ['Consumer group (v3)'];
const ROOT = '/v3/clusters/:clusterId/consumer-groups/:group';

/** How far a group is behind: in every partition that it has committed, and in all. */
export function lagRoutes(app: HttpApp, parts: HttpParts): void {
  app.get(
    `${ROOT}/lags`,
    { schema: { tags: TAGS, params: groupPath, response: { 200: lagList } } },
    async request => {
      const found = await standingOf(parts, request.params);
      const path = [...pathOf(parts, found), 'lags'];
      return {
        kind: 'KafkaConsumerLagList' as const,
        metadata: new ResourceNames(request).listMetadata(...path),
        data: found.lags.map(one => lagOf(request, parts, { found, one })),
      };
    },
  );
  const params = groupPath.extend({
    topic: z.string(),
    partition: z.coerce.number().int().min(0),
  });
  app.get(
    `${ROOT}/lags/:topic/partitions/:partition`,
    { schema: { tags: TAGS, params, response: { 200: lag } } },
    async request => {
      const { topic, partition } = request.params;
      const found = await standingOf(parts, request.params);
      const one = found.lags.find(each => each.topic === topic && each.partition === partition);
      if (!one)
        throw new HttpError(40401, `the group has committed nothing of ${topic}-${partition}`);
      return lagOf(request, parts, { found, one });
    },
  );
  app.get(
    `${ROOT}/lag-summary`,
    { schema: { tags: TAGS, params: groupPath, response: { 200: summary } } },
    async request => summaryOf(request, parts, await standingOf(parts, request.params)),
  );
}

function lagOf(
  request: FastifyRequest,
  parts: HttpParts,
  { found, one }: { found: GroupStanding; one: PartitionLag },
): z.output<typeof lag> {
  const path = [...pathOf(parts, found), 'lags', one.topic, 'partitions', one.partition];
  return {
    kind: 'KafkaConsumerLag',
    metadata: new ResourceNames(request).metadata(...path),
    cluster_id: parts.clusterId,
    consumer_group_id: found.groupId,
    topic_name: one.topic,
    partition_id: one.partition,
    consumer_id: one.member?.memberId ?? '',
    instance_id: one.member?.instanceId ?? null,
    client_id: one.member?.clientId ?? '',
    current_offset: one.committedOffset,
    log_end_offset: one.endOffset,
    lag: one.lag,
  };
}

/** Of a group that has committed nothing, there is no largest lag to tell, as in Confluent's. */
function summaryOf(
  request: FastifyRequest,
  parts: HttpParts,
  found: GroupStanding,
): z.output<typeof summary> {
  const largest = found.lags.reduce<PartitionLag | null>(
    (most, one) => (most === null || one.lag > most.lag ? one : most),
    null,
  );
  if (largest === null) throw new HttpError(40401, `${found.groupId} has committed nothing`);
  const names = new ResourceNames(request);
  const path = pathOf(parts, found);
  const { member } = largest;
  const { topic, partition } = largest;
  const owner = ['clusters', parts.clusterId, 'topics', topic, 'partitions', partition];
  return {
    kind: 'KafkaConsumerGroupLagSummary',
    metadata: names.metadata(...path, 'lag-summary'),
    cluster_id: parts.clusterId,
    consumer_group_id: found.groupId,
    max_lag_consumer_id: member?.memberId ?? '',
    max_lag_instance_id: member?.instanceId ?? null,
    max_lag_client_id: member?.clientId ?? '',
    max_lag_topic_name: topic,
    max_lag_partition_id: partition,
    max_lag: largest.lag,
    total_lag: found.lags.reduce((sum, one) => sum + one.lag, 0),
    max_lag_consumer: member && names.related(...path, 'consumers', member.memberId),
    max_lag_partition: names.related(...owner),
  };
}
