import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { documented } from './documented.ts';
import { healthPaths } from './health.ts';
import { answerTo, HttpError, type ErrorBody } from './http-errors.ts';
import type { HttpParts } from './http-parts.ts';
import { parseJson } from './json-body.ts';
import { refuseForeignSite, type IsOwnName } from './request-guards.ts';
import { routes } from './routes.ts';
import { refuseSlowBody } from './slow-bodies.ts';
import type { HttpApp } from './typed-app.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Where the application is served. */
export interface HttpPlace {
  readonly server: Server;
  readonly isOwnName: IsOwnName;
  /** Emits `upgrade`, as a server does, for who asks for a WebSocket. */
  readonly upgrades: EventEmitter;
}

const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Hexlog',
    description:
      "A Kafka-compatible event log: Confluent's REST v3 and v2 conventions, live reading, metrics and health.",
    version: '1',
  },
};

/** Everything that is served over HTTP once the broker is ready; the handler is for a server that listens already. */
export async function createHttpApp(
  { server, isOwnName, upgrades }: HttpPlace,
  parts: HttpParts,
): Promise<{ app: HttpApp; handler: RequestHandler }> {
  let handler: RequestHandler | null = null;
  const app = Fastify({
    serverFactory: handle => {
      handler = handle;
      return server;
    },
    bodyLimit: parts.maxBodyBytes,
    // A topic may be called `a%2Fb` by a client that tries a path: names are checked where they are looked up.
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true },
    return503OnClosing: false,
    forceCloseConnections: false,
    // The listener answers what is no request; it listens before there is an application.
    clientErrorHandler: () => undefined,
    frameworkErrors: (error, _, reply) => void sendError(reply as FastifyReply, answerTo(error)!),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  acceptJsonAlone(app);
  app.addHook('onRequest', async (request, reply) => {
    refuseSlowBody(request, reply, parts.timers);
    refuseForeignSite(request.raw, isOwnName);
  });
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
    if (wantsUpgrade(request)) void reply.header('connection', 'close');
  });
  app.addHook('onResponse', async request => {
    // Node has let go of the connection, and nobody else took it.
    if (wantsUpgrade(request)) request.raw.socket.end();
  });
  app.setErrorHandler((error: FastifyError, request, reply) =>
    answerError(error, request, { reply, parts }),
  );
  app.setNotFoundHandler((request, reply) =>
    sendError(reply, new HttpError(404, `there is no ${request.method} ${request.url}`)),
  );
  await app.register(swagger, {
    openapi: { ...OPENAPI, paths: healthPaths() },
    transform: documented,
  });
  const webSockets = { maxPayload: 64 * 1024, server: upgrades as Server };
  await app.register(websocket, { options: webSockets });
  for (const add of routes) await app.register(async scope => add(scope as HttpApp, parts));
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.ready();
  return { app, handler: handler! };
}

function wantsUpgrade({ raw }: FastifyRequest): boolean {
  return raw.headers.upgrade !== undefined;
}

/** A form or a plain text is what a page of another site may send without asking: neither is read. */
function acceptJsonAlone(app: HttpApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => {
    parseJson(body as string, done);
  });
}

function answerError(
  error: FastifyError,
  request: FastifyRequest,
  { reply, parts }: { reply: FastifyReply; parts: HttpParts },
): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    return sendError(reply, new HttpError(400, error.message));
  }
  const answer = answerTo(error);
  if (answer !== null) return sendError(reply, answer);
  const { method, url } = request;
  parts.logger.error({ method, url, error: error.stack }, 'a request over HTTP failed');
  return sendError(reply, new HttpError(500, 'the broker failed at this request'));
}

function sendError(reply: FastifyReply, { status, errorCode, message }: HttpError): FastifyReply {
  const body: ErrorBody = { error_code: errorCode, message };
  // Past the schemas of the route, which know its good answers.
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(body);
}
