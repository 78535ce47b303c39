import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Timers } from '../../../ports/timers.ts';
import { answerNoRequest } from './client-errors.ts';

/** In every such time, in milliseconds, so much of a body must come: any link that is worth the name does that. */
const PERIOD_MS = 30_000;
const PERIOD_BYTES = 64 * 1024;

/** What may come for as long as its client likes. */
export const ENDLESS_BODY = Number.MAX_SAFE_INTEGER;

/**
 * Hangs up on a client whose body comes too slowly, so that nobody holds connections for nothing. A route whose bound is ENDLESS_BODY
 * takes streams, which may be quiet.
 */
export function refuseSlowBody(request: FastifyRequest, reply: FastifyReply, timers: Timers): void {
  const { raw, routeOptions } = request;
  if (!hasBody(raw.headers) || routeOptions.bodyLimit === ENDLESS_BODY) return;
  const { socket } = raw;
  let hadBytes = socket.bytesRead;
  const look = (): void => {
    if (raw.complete) return;
    if (socket.bytesRead - hadBytes < PERIOD_BYTES) {
      // In the middle of an answer there is no place for another.
      if (reply.raw.headersSent) socket.destroy();
      else answerNoRequest(TOO_SLOW, socket);
      return;
    }
    hadBytes = socket.bytesRead;
    cancel = timers.after(PERIOD_MS, look);
  };
  let cancel = timers.after(PERIOD_MS, look);
  raw.once('close', () => cancel());
}

const TOO_SLOW = Object.assign(new Error('its body comes too slowly'), {
  code: 'ERR_HTTP_REQUEST_TIMEOUT',
});

function hasBody(headers: FastifyRequest['raw']['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}
