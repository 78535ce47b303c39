import { z } from 'zod';
import type {
  ProducedRecord,
  RecordToProduce,
} from '../../../../domain/use-cases/produce-records.ts';
import { heardUntil } from '../answer-end.ts';
import { BrokerError } from '../../../../domain/model/error.ts';
import { httpErrorOf } from '../http-errors.ts';
import { parseJson } from '../json-body.ts';
import type { HttpApp } from '../typed-app.ts';
import type { HttpParts } from '../http-parts.ts';
import { TIMESTAMP_MAX_MS } from '../timestamps.ts';
import {
  acceptedFormat,
  bytesIn,
  formatOfBody,
  DATA_FORMATS,
  shownAs,
  shownRecords,
  typeOf,
  V2_TYPE,
  type DataFormat,
} from './data-formats.ts';
import { noTopic } from './v2-errors.ts';
import { expectPartition, partitionPath, topicPath } from './v2-topics.ts';

const header = z.strictObject({ key: z.string(), value: z.string().nullish() });
const record = z.strictObject({
  // Parsed from JSON, and not looked at again.
  key: z.unknown().optional(),
  value: z.unknown().optional(),
  partition: z.int().min(0).nullish(),
  timestamp: z.int().min(0).max(TIMESTAMP_MAX_MS).nullish(),
  headers: z.array(header).nullish(),
});
const produce = z.object({
  records: z.array(record).min(1),
  key_schema_id: z.null().optional(),
  value_schema_id: z.null().optional(),
});
const produced = z.object({
  offsets: z.array(
    z.object({
      partition: z.number().nullable(),
      offset: z.number().nullable(),
      error_code: z.number().nullable(),
      error: z.string().nullable(),
    }),
  ),
  key_schema_id: z.null(),
  value_schema_id: z.null(),
});

/** Kafka's defaults of a consumer: `fetch.max.wait.ms`, and a page rather than 50 MiB. */
const WAIT_MS = 500;
const WAIT_MAX_MS = 30_000;
const PAGE_BYTES = 1024 * 1024;
const RECORDS_MAX = 10_000;

const page = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  timeout: z.coerce.number().int().min(0).max(WAIT_MAX_MS).default(WAIT_MS),
  max_bytes: z.coerce.number().int().min(1).default(PAGE_BYTES),
  count: z.coerce.number().int().min(1).max(RECORDS_MAX).default(RECORDS_MAX),
});

const TAGS = ['Records (v2)'];

/**
 * Records as REST API v2 takes and shows them, with JSON, base64 or text embedded as the content type says. What is sent to a topic
 * makes it, as any producer does, if `auto.create.topics.enable` says so; what is sent to one of its partitions does not.
 */
export function recordRoutesV2(app: HttpApp, parts: HttpParts): void {
  const types = /^application\/vnd\.kafka\.(json|binary|text)\.v2\+json/;
  app.addContentTypeParser(types, { parseAs: 'string' }, (_, body, done) =>
    parseJson(body as string, done),
  );
  produceRoutes(app, parts);
  app.get(
    '/topics/:topic/partitions/:partition/records',
    {
      schema: {
        tags: TAGS,
        params: partitionPath,
        querystring: page,
        response: shownRecords,
      },
    },
    async (request, reply) => {
      const format = acceptedFormat(request.headers.accept);
      await expectPartition(parts, request.params);
      const { offset, timeout, max_bytes, count } = request.query;
      const { records } = await parts.useCases.readRecords.execute({
        ...request.params,
        offset,
        maxRecords: count,
        maxBytes: Math.min(max_bytes, parts.maxBodyBytes),
        waitMs: timeout,
        signal: heardUntil(reply, parts.stopping),
      });
      const shown = records.map(each => shownAs(format, each, request.params));
      return reply.type(typeOf(format)).send(shown);
    },
  );
}

function produceRoutes(app: HttpApp, parts: HttpParts): void {
  const consumes = DATA_FORMATS.map(typeOf);
  const schema = {
    tags: TAGS,
    consumes,
    produces: [V2_TYPE],
    body: produce,
    response: { 200: produced },
  };
  app.post(
    '/topics/:topic',
    { schema: { ...schema, params: topicPath } },
    async (request, reply) => {
      const format = formatOfBody(request.headers['content-type']);
      const { topic } = request.params;
      const records = request.body.records.map(one => recordOf(format, one));
      return reply.type(V2_TYPE).send(await producedBy(parts, topic, records));
    },
  );
  app.post(
    '/topics/:topic/partitions/:partition',
    { schema: { ...schema, params: partitionPath } },
    async (request, reply) => {
      const format = formatOfBody(request.headers['content-type']);
      const { topic, partition } = request.params;
      await expectPartition(parts, request.params);
      const records = request.body.records.map(one => recordOf(format, { ...one, partition }));
      return reply.type(V2_TYPE).send(await producedBy(parts, topic, records));
    },
  );
}

function recordOf(format: DataFormat, one: z.output<typeof record>): RecordToProduce {
  return {
    partition: one.partition ?? null,
    key: bytesIn(format, one.key, 'key'),
    value: bytesIn(format, one.value, 'value'),
    headers: (one.headers ?? []).map(({ key, value }) => ({
      key,
      value: bytesIn('binary', value, `header ${key}`),
    })),
    ...(typeof one.timestamp === 'number' ? { timestamp: one.timestamp } : {}),
  };
}

async function producedBy(
  { useCases }: HttpParts,
  topic: string,
  records: readonly RecordToProduce[],
): Promise<z.output<typeof produced>> {
  const outcomes = await useCases.produceRecords.execute({ topic, records }).catch(error => {
    const isMissing = error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    throw isMissing ? noTopic(topic) : error;
  });
  return { offsets: outcomes.map(offsetOf), key_schema_id: null, value_schema_id: null };
}

function offsetOf(outcome: ProducedRecord): z.output<typeof produced>['offsets'][number] {
  if (outcome.error === null) {
    const { partition, offset } = outcome;
    return { partition, offset, error_code: null, error: null };
  }
  const { errorCode, message } = httpErrorOf(outcome.error, outcome.message);
  return { partition: null, offset: null, error_code: errorCode, error: message };
}
