import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { deliver, heardUntil } from '../answer-end.ts';
import { parseJson } from '../json-body.ts';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { ConsumerInstances, type ConsumerInstance } from './consumer-instances.ts';
import {
  acceptedFormat,
  DATA_FORMATS,
  shownAs,
  shownRecords,
  typeOf,
  V2_TYPE,
  V2_TYPES,
} from './data-formats.ts';
import { inInstance, instancePath, positionRoutes } from './position-routes.ts';

/** Confluent's defaults, by the names of its consumer settings. */
const IDLE_MS = 300_000;
const REQUEST_TIMEOUT_MS = 1000;
const REQUEST_TIMEOUT_MAX_MS = 30_000;
const REQUEST_MAX_BYTES = 64 * 1024 * 1024;

const yes = z.union([z.boolean(), z.enum(['true', 'false']).transform(text => text === 'true')]);

const newInstance = z.object({
  name: z.string().min(1).max(255).optional(),
  format: z.enum(DATA_FORMATS).default('binary'),
  'auto.offset.reset': z.enum(['earliest', 'latest', 'none']).default('latest'),
  'auto.commit.enable': yes.optional(),
  'enable.auto.commit': yes.optional(),
  // Confluent's -1 leaves it to the consumer, whose default is 1.
  'fetch.min.bytes': z.coerce.number().int().min(-1).max(REQUEST_MAX_BYTES).default(1),
  'consumer.request.timeout.ms': z.coerce
    .number()
    .int()
    .min(0)
    .max(REQUEST_TIMEOUT_MAX_MS)
    .default(REQUEST_TIMEOUT_MS),
});
const made = z.object({ instance_id: z.string(), base_uri: z.string() });

const subscription = z.union([
  z.strictObject({ topics: z.array(z.string()).min(1) }),
  z.strictObject({ topic_pattern: z.string().min(1) }),
]);
const subscribed = z.object({ topics: z.array(z.string()) });

const page = z.object({
  timeout: z.coerce.number().int().min(0).max(REQUEST_TIMEOUT_MAX_MS).optional(),
  max_bytes: z.coerce.number().int().min(1).optional(),
});

const groupPath = z.object({ group: z.string().min(1) });
const SPEAKS = { tags: ['Consumers (v2)'], produces: [V2_TYPE] };
const INSTANCE = '/consumers/:group/instances/:instance';

/** Consumer instances: members of groups for clients that have only HTTP (`/consumers/{group}`). */
export function consumerRoutes(app: HttpApp, parts: HttpParts): void {
  const instances = new ConsumerInstances(parts.timers, IDLE_MS);
  let closed = Promise.resolve();
  const close = (): void => void (closed = instances.closeAll());
  parts.stopping.addEventListener('abort', close, { once: true });
  app.addHook('onClose', () => closed);
  app.addContentTypeParser(V2_TYPE, { parseAs: 'string' }, (_, body, done) =>
    parseJson(body as string, done),
  );
  app.addHook('preSerialization', async (_, reply) => {
    // Records have a type of their own; anything else has Fastify's by now.
    if (reply.statusCode >= 400) return;
    if (!String(reply.getHeader('content-type')).includes('vnd')) void reply.type(V2_TYPE);
  });
  createRoute(app, parts, instances);
  app.delete(
    INSTANCE,
    { schema: { ...SPEAKS, params: instancePath, response: { 204: z.null() } } },
    async (request, reply) => {
      const { group, instance } = request.params;
      await instances.remove(group, instance);
      return reply.code(204).send(null);
    },
  );
  subscriptionRoutes(app, instances);
  recordsRoute(app, parts, instances);
  positionRoutes(app, instances, parts.maxBodyBytes);
}

function createRoute(app: HttpApp, parts: HttpParts, instances: ConsumerInstances): void {
  app.post(
    '/consumers/:group',
    {
      schema: {
        ...SPEAKS,
        consumes: V2_TYPES,
        params: groupPath,
        body: newInstance,
        response: { 200: made },
      },
    },
    async request => {
      const { group } = request.params;
      const wanted = request.body;
      const name = wanted.name ?? `rest-consumer-${parts.random.uuid()}`;
      const reader = parts.useCases.openGroupReader.execute({
        groupId: group,
        clientId: name,
        clientHost: `/${request.ip}`,
        autoOffsetReset: wanted['auto.offset.reset'],
        autoCommit: wanted['auto.commit.enable'] ?? wanted['enable.auto.commit'] ?? true,
      });
      const requestTimeoutMs = wanted['consumer.request.timeout.ms'];
      const minBytes = wanted['fetch.min.bytes'];
      instances.add({ group, name, format: wanted.format, reader, requestTimeoutMs, minBytes });
      return { instance_id: name, base_uri: baseOf(request, group, name) };
    },
  );
}

function baseOf(request: FastifyRequest, group: string, name: string): string {
  const path = ['consumers', group, 'instances', name].map(encodeURIComponent).join('/');
  return `${request.protocol}://${request.host}/${path}`;
}

function subscriptionRoutes(app: HttpApp, instances: ConsumerInstances): void {
  const route = `${INSTANCE}/subscription`;
  const done = { 204: z.null() };
  app.post(
    route,
    {
      schema: {
        ...SPEAKS,
        consumes: V2_TYPES,
        params: instancePath,
        body: subscription,
        response: done,
      },
    },
    async (request, reply) => {
      const wanted = request.body;
      await inInstance(instances, request, async ({ reader }) => {
        if (reader.subscription === null && reader.assignment.length > 0) {
          throw new HttpError(
            40903,
            'partitions were assigned to this consumer: it cannot subscribe',
          );
        }
        await reader.subscribe('topics' in wanted ? wanted : { regex: wanted.topic_pattern });
      });
      return reply.code(204).send(null);
    },
  );
  app.get(
    route,
    { schema: { ...SPEAKS, params: instancePath, response: { 200: subscribed } } },
    async request =>
      inInstance(instances, request, async ({ reader }) => {
        const { subscription: now } = reader;
        if (now === null) return { topics: [] };
        return { topics: 'topics' in now ? [...now.topics] : [now.regex] };
      }),
  );
  app.delete(
    route,
    { schema: { ...SPEAKS, params: instancePath, response: done } },
    async (request, reply) => {
      await inInstance(instances, request, ({ reader }) => reader.unsubscribe());
      return reply.code(204).send(null);
    },
  );
}

function recordsRoute(app: HttpApp, parts: HttpParts, instances: ConsumerInstances): void {
  app.get(
    `${INSTANCE}/records`,
    {
      schema: { ...SPEAKS, params: instancePath, querystring: page, response: shownRecords },
      // What is read is gone for the next one that asks.
      exposeHeadRoute: false,
    },
    (request, reply) =>
      inInstance(instances, request, async (instance, gone) => {
        const { reader, format } = instance;
        expectFormat(request, format);
        const { timeout, max_bytes } = request.query;
        const records = await reader.read({
          waitMs: timeout ?? instance.requestTimeoutMs,
          minBytes: instance.minBytes,
          maxBytes: Math.min(max_bytes ?? REQUEST_MAX_BYTES, parts.maxBodyBytes),
          signal: heardUntil(reply, gone),
        });
        let isDelivered = false;
        try {
          const shown = records.map(({ record, ...place }) => shownAs(format, record, place));
          isDelivered = await deliver(reply, () => reply.type(typeOf(format)).send(shown));
        } finally {
          if (isDelivered) reader.delivered();
          else reader.giveBack();
        }
        return reply;
      }),
  );
}

/** Confluent's 40601: an instance has one format for all its life. */
function expectFormat(request: FastifyRequest, format: ConsumerInstance['format']): void {
  if (acceptedFormat(request.headers.accept, format) === format) return;
  throw new HttpError(40601, `this consumer instance was made for ${typeOf(format)}`);
}
