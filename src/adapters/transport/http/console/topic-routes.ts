import { z } from 'zod';
import type { DescribedPartition } from '../../../../domain/use-cases/describe-partitions.ts';
import type { HttpApp } from '../typed-app.ts';
import type { HttpParts } from '../http-parts.ts';
import { FORMATS, recordJson } from '../record-json.ts';
import { placeIn } from '../tail/tail-query.ts';
import { topic } from './schemas.ts';

const TAGS = ['Console'];
const LIMIT_MAX = 1000;
const topicPath = z.object({ topic: z.string() });

const recordsQuery = z.object({
  partition: z.coerce.number().int().min(0).default(0),
  from: z.string().default('start'),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100),
  format: z.enum(FORMATS).default('auto'),
});

/** `/v1/topics/{topic}`, and the pages of its records. */
export function topicRoutes(app: HttpApp, parts: HttpParts): void {
  const { useCases, stopping } = parts;
  app.get(
    '/v1/topics/:topic',
    { schema: { tags: TAGS, params: topicPath, response: { 200: topic } } },
    async ({ params }) => {
      const { topic: found, partitions } = await useCases.describePartitions.execute(params.topic);
      const { name, id, internal } = found;
      return { name, id, internal, partitions: partitions.map(partitionOf) };
    },
  );
  app.get(
    '/v1/topics/:topic/records',
    { schema: { tags: TAGS, params: topicPath, querystring: recordsQuery } },
    async ({ params, query: { partition, from, limit, format } }) => {
      const page = await useCases.browseRecords.execute({
        ...{ topic: params.topic, partition, limit },
        ...{ from: placeIn(from), signal: stopping },
      });
      return {
        records: page.records.map(record => recordJson(partition, record, format)),
        from_offset: page.fromOffset,
        next_offset: page.nextOffset,
        start_offset: page.startOffset,
        end_offset: page.endOffset,
      };
    },
  );
}

function partitionOf(described: DescribedPartition) {
  const { partition, error, startOffset, endOffset, sizeInBytes, leaderEpoch } = described;
  return {
    ...{ partition, error, start_offset: startOffset, end_offset: endOffset },
    ...{ bytes: sizeInBytes, leader_epoch: leaderEpoch },
  };
}
