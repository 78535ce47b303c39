import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type {
  PartitionOffset,
  TopicPartition,
} from '../../../../domain/use-cases/runtime/reading-places.ts';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { ConsumerInstance, ConsumerInstances } from './consumer-instances.ts';
import { V2_TYPE, V2_TYPES } from './data-formats.ts';

export const instancePath = z.object({ group: z.string(), instance: z.string() });

const place = z.object({ topic: z.string(), partition: z.int().min(0) });
const places = z.object({ partitions: z.array(place) });
const offset = place.extend({ offset: z.int().min(0), metadata: z.string().nullish() });
const offsets = z.object({ offsets: z.array(offset) });
const committed = z.object({
  offsets: z.array(place.extend({ offset: z.number(), metadata: z.string() })),
});

const SPEAKS = { tags: ['Consumers (v2)'], produces: [V2_TYPE] };
const INSTANCE = '/consumers/:group/instances/:instance';
const DONE = { 204: z.null() };

/** Where a consumer instance reads: the partitions it was given, its positions, and what its group has committed. */
export function positionRoutes(
  app: HttpApp,
  instances: ConsumerInstances,
  maxBodyBytes: number,
): void {
  assignmentRoutes(app, instances);
  seekRoutes(app, instances);
  commitRoutes(app, instances, maxBodyBytes);
}

function assignmentRoutes(app: HttpApp, instances: ConsumerInstances): void {
  const route = `${INSTANCE}/assignments`;
  app.post(
    route,
    {
      schema: {
        ...SPEAKS,
        consumes: V2_TYPES,
        params: instancePath,
        body: places,
        response: DONE,
      },
    },
    async (request, reply) => {
      await inInstance(instances, request, async ({ reader }) => {
        if (reader.subscription !== null) {
          throw new HttpError(40903, 'this consumer has subscribed: it is assigned its partitions');
        }
        reader.assign(request.body.partitions);
      });
      return reply.code(204).send(null);
    },
  );
  app.get(
    route,
    { schema: { ...SPEAKS, params: instancePath, response: { 200: places } } },
    async request => {
      return inInstance(instances, request, async ({ reader }) => ({
        partitions: [...reader.assignment],
      }));
    },
  );
}

function seekRoutes(app: HttpApp, instances: ConsumerInstances): void {
  app.post(
    `${INSTANCE}/positions`,
    {
      schema: {
        ...SPEAKS,
        consumes: V2_TYPES,
        params: instancePath,
        body: offsets,
        response: DONE,
      },
    },
    async (request, reply) => {
      await inInstance(instances, request, async ({ reader }) => {
        for (const one of request.body.offsets) reader.seek(withoutNull(one));
      });
      return reply.code(204).send(null);
    },
  );
  for (const [word, spec] of [
    ['beginning', 'earliest'],
    ['end', 'latest'],
  ] as const) {
    app.post(
      `${INSTANCE}/positions/${word}`,
      {
        schema: {
          ...SPEAKS,
          consumes: V2_TYPES,
          params: instancePath,
          body: places,
          response: DONE,
        },
      },
      async (request, reply) => {
        const { partitions } = request.body;
        await inInstance(instances, request, ({ reader }) => reader.seekTo(spec, partitions));
        return reply.code(204).send(null);
      },
    );
  }
}

function commitRoutes(app: HttpApp, instances: ConsumerInstances, maxBodyBytes: number): void {
  app.post(
    `${INSTANCE}/offsets`,
    {
      schema: {
        ...SPEAKS,
        consumes: V2_TYPES,
        params: instancePath,
        body: offsets.nullish(),
        response: DONE,
        description: 'Commits these offsets; without a body, what was read.',
      },
    },
    async (request, reply) => {
      const wanted = request.body?.offsets.map(withoutNull) ?? null;
      await inInstance(instances, request, ({ reader }) => reader.commit(wanted));
      return reply.code(204).send(null);
    },
  );
  app.get(
    `${INSTANCE}/offsets`,
    { schema: { ...SPEAKS, params: instancePath, response: { 200: committed } } },
    async request => {
      const partitions = await askedFor(request.raw, maxBodyBytes);
      return inInstance(instances, request, async ({ reader }) => {
        const found = await reader.committed(partitions ?? reader.assignment);
        const known = found.filter(one => one.offset >= 0);
        return { offsets: known.map(({ metadata = '', ...one }) => ({ ...one, metadata })) };
      });
    },
  );
}

/** Works with the instance that a path names, as `ConsumerInstances.use` does. */
export function inInstance<T>(
  instances: ConsumerInstances,
  { params: { group, instance } }: { params: z.output<typeof instancePath> },
  work: (instance: ConsumerInstance, gone: AbortSignal) => Promise<T>,
): Promise<T> {
  return instances.use(group, instance, work);
}

function withoutNull({ metadata, ...one }: z.output<typeof offset>): PartitionOffset {
  return { ...one, metadata: metadata ?? '' };
}

/**
 * The partitions in the body of a GET, as Confluent's API has it, and no framework reads it; null when there is no body, which asks
 * for all that the instance has.
 */
async function askedFor(
  request: IncomingMessage,
  maxBodyBytes: number,
): Promise<readonly TopicPartition[] | null> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length === 0) return null;
  if (length > maxBodyBytes) throw new HttpError(413, `a body of more than ${maxBodyBytes} bytes`);
  const read = places.safeParse(await json(request).catch(() => undefined));
  if (read.success) return read.data.partitions;
  throw new HttpError(400, `the body does not name partitions: ${z.prettifyError(read.error)}`);
}
