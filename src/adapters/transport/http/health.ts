import type { ServerResponse } from 'node:http';
import { healthCheck } from './documented.ts';

/** Answered in every state of the broker, under the names that Kubernetes, other brokers and proxies have for them. */
const ALIVE = new Set(['/healthz', '/healthy']);
const READY = new Set(['/readyz', '/ready', '/v1/status/ready']);

export type BrokerStatus = 'starting' | 'ready' | 'stopping';

/** The checks as the OpenAPI document has them. */
export function healthPaths() {
  const alive = healthCheck('Whether the process is alive', [200]);
  const ready = healthCheck(
    'Whether the broker serves: recovery and replay have ended',
    [200, 503],
  );
  return Object.fromEntries([
    ...[...ALIVE].map(path => [path, alive] as const),
    ...[...READY].map(path => [path, ready] as const),
  ]);
}

/**
 * Answers a health check, and says whether it was one. The broker is alive once its process listens, and ready when recovery
 * and replay have ended, until it stops.
 */
export function answerHealth(
  path: string,
  response: ServerResponse,
  status: BrokerStatus,
): boolean {
  if (ALIVE.has(path)) {
    answerStatus(response, 200, status);
    return true;
  }
  if (!READY.has(path)) return false;
  answerStatus(response, status === 'ready' ? 200 : 503, status);
  return true;
}

/** What everything else is told by a broker that does not serve yet, or no more. */
export function answerNotReady(response: ServerResponse, status: BrokerStatus): void {
  response.setHeader('retry-after', '1');
  sendJson(response, 503, { error_code: 50301, message: `the broker is ${status}` });
}

/** What is told on a connection that is there for health checks alone. */
export function answerFull(response: ServerResponse): void {
  response.setHeader('connection', 'close');
  response.setHeader('retry-after', '1');
  sendJson(response, 503, { error_code: 50301, message: 'there are too many connections' });
}

function answerStatus(response: ServerResponse, code: number, status: BrokerStatus): void {
  sendJson(response, code, { status });
}

function sendJson(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
}
