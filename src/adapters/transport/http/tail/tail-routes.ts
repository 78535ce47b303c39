import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from '../typed-app.ts';
import { HttpError } from '../http-errors.ts';
import type { HttpParts } from '../http-parts.ts';
import { sendEventStream } from './event-stream.ts';
import { liveEvents } from './live-events.ts';
import { LiveTail } from './live-tail.ts';
import {
  filterOf,
  partitionsOf,
  startPointOf,
  tailQuery,
  type TailQuerystring,
} from './tail-query.ts';
import { sendMessages } from './web-socket-stream.ts';

/** Each may have one batch in memory that is inflated. */
const READERS_MAX = 100;
const TOO_MANY_READERS = 50301;

const params = z.object({ topic: z.string() });
const SCHEMA = {
  summary: 'Read a topic live',
  description:
    'Server-sent events, or the same over a WebSocket: a record for each, `started` first, and `live` when all that there was has ' +
    'been read. `Last-Event-ID` resumes.',
  tags: ['Live reading'],
  produces: ['text/event-stream'],
  params,
  querystring: tailQuery,
};

type Request = FastifyRequest<{ Params: { topic: string }; Querystring: TailQuerystring }>;

/** `GET /topics/{topic}/tail`. What is wrong with a request is answered before the stream begins, or the WebSocket opens. */
export function tailRoutes(app: HttpApp, parts: HttpParts): void {
  const readers = new LiveReaders(parts);
  app.route({
    method: 'GET',
    url: '/topics/:topic/tail',
    exposeHeadRoute: false,
    schema: SCHEMA,
    preHandler: request => readers.open(request as Request),
    handler: async (request, reply) => {
      const stream = readers.streamOf(request);
      reply.hijack();
      await sendEventStream(reply.raw, stream).finally(() => readers.release(stream.tail));
    },
    wsHandler: async (socket, request) => {
      const stream = readers.streamOf(request);
      await sendMessages(socket, stream).finally(() => readers.release(stream.tail));
    },
  });
}

/** All who read live, by the requests that they came with. */
class LiveReaders {
  readonly #parts: HttpParts;
  readonly #byRequest = new WeakMap<object, LiveTail>();
  /** With what is undone when they go. */
  readonly #open = new Map<LiveTail, () => void>();

  constructor(parts: HttpParts) {
    this.#parts = parts;
    // One listener for all: a signal warns of many.
    parts.stopping.addEventListener('abort', () => {
      for (const tail of this.#open.keys()) tail.stop('broker stops');
    });
  }

  /** Rejects with an HttpError or a BrokerError, for one reader too many, a query that is wrong, or a topic that is not there. */
  async open({ params: { topic }, query, headers, raw }: Request): Promise<void> {
    if (this.#open.size >= READERS_MAX) {
      throw new HttpError(TOO_MANY_READERS, `there are ${READERS_MAX} live readers: that is all`);
    }
    const filter = filterOf(query);
    const from = startPointOf(query, single(headers['last-event-id']));
    const tail = new LiveTail();
    const { socket } = raw;
    const gone = (): void => this.release(tail);
    socket.once('close', gone);
    this.#open.set(tail, () => socket.off('close', gone));
    if (this.#parts.stopping.aborted) tail.stop('broker stops');
    this.#byRequest.set(raw, tail);
    const { signal } = tail;
    const wanted = { topic, partitions: partitionsOf(query), from, filter, signal };
    try {
      await tail.begin(this.#parts.useCases.tailTopic.execute(wanted));
    } catch (error) {
      this.release(tail);
      throw error;
    }
  }

  streamOf({ raw, query: { format } }: Request) {
    const { logger, timers } = this.#parts;
    const tail = this.#byRequest.get(raw)!;
    return { tail, events: liveEvents(tail, format, logger), timers };
  }

  /** Once or more often. */
  release(tail: LiveTail): void {
    this.#open.get(tail)?.();
    this.#open.delete(tail);
    tail.stop('reader gone');
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
