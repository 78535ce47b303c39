import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpListener } from '../../../../src/adapters/transport/http/http-listener.ts';
import { HttpClient } from '../../../support/http-client.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { testBroker, type TestBroker } from '../../../support/broker.ts';

const HEALTH = ['/healthz', '/healthy', '/readyz', '/ready', '/v1/status/ready'];
const opened: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

interface Given {
  host?: string;
  drainMs?: number;
  maxConnections?: number;
}

async function listener(given: Given = {}) {
  const logger = new RecordingLogger();
  const options = { host: '127.0.0.1', port: 0, names: [], maxConnections: 100, drainMs: 60_000 };
  const it = new HttpListener({ ...options, ...given, logger });
  const { port } = await it.start();
  opened.push(() => it.stop());
  return { it, logger, http: new HttpClient(`http://127.0.0.1:${port}`) };
}

async function broker(): Promise<{ it: TestBroker; http: HttpClient }> {
  const it = await testBroker({
    storage: 'memory',
    httpPort: 0,
    settings: { 'num.partitions': 1 },
  });
  opened.push(() => it[Symbol.asyncDispose]());
  return { it, http: new HttpClient(it.http) };
}

/** A client that has one connection, and keeps it. */
class KeptAlive {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #http: HttpClient;
  #socket: Socket | null = null;

  constructor(http: HttpClient) {
    this.#http = http;
    opened.push(async () => this.#agent.destroy());
  }

  /** The status of the answer. */
  async ask(path: string): Promise<number> {
    const asked = request({ agent: this.#agent, host: '127.0.0.1', port: this.#http.port, path });
    asked.end();
    const response = await answerOf(asked);
    this.#socket = response.socket;
    response.resume();
    await once(response, 'end');
    return response.statusCode!;
  }

  async closed(): Promise<void> {
    await once(this.#socket!, 'close');
  }
}

/** A request whose body does not end. */
function unfinished(http: HttpClient, path: string, body: string): ClientRequest {
  const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
  const asked = request({ host: '127.0.0.1', port: http.port, method: 'POST', path, headers });
  asked.on('error', () => undefined);
  asked.write(body);
  return asked;
}

async function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

describe('health', () => {
  test('before there is anything to serve, the broker is alive and not ready', async () => {
    const { http } = await listener();
    const statuses = await Promise.all(
      HEALTH.map(async path => (await http.ask(`GET ${path}`)).status),
    );
    expect(statuses).toEqual([200, 200, 503, 503, 503]);
    const { json, headers } = await http.ask('GET /readyz?verbose');
    expect(json).toEqual({ status: 'starting' });
    expect(headers['cache-control']).toBe('no-store');
  });

  test('everything else is told to come again', async () => {
    const { http } = await listener();
    const { status, headers, json } = await http.ask('GET /v3/clusters');
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
    expect(json).toEqual({ error_code: 50301, message: 'the broker is starting' });
  });

  test('a WebSocket, and an offer to speak HTTP/2, are told to come again too', async () => {
    const { http } = await listener();
    for (const upgrade of ['websocket', 'h2c']) {
      const head = `host: localhost\r\nconnection: Upgrade\r\nupgrade: ${upgrade}`;
      const answer = await http.raw(`GET /topics/a/tail HTTP/1.1\r\n${head}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 503 /);
    }
  });

  test('it serves nothing that it does not have', async () => {
    const { it } = await listener();
    expect(() => it.serve()).toThrow('nothing to serve');
  });

  test('a broker that is up is ready, by every name', async () => {
    const { http } = await broker();
    for (const path of HEALTH) {
      expect(await http.ask(`GET ${path}`)).toMatchObject({
        status: 200,
        json: { status: 'ready' },
      });
    }
    expect(await http.ask('HEAD /readyz')).toMatchObject({ status: 200, text: '' });
  });

  test('while it stops it is alive, not ready, and serves nothing new', async () => {
    const { it, http } = await listener();
    const socket = connect(http.port, '127.0.0.1');
    await once(socket, 'connect');
    // The head of a request keeps the connection busy.
    socket.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\n');
    while (it.connections < 1) await new Promise(resolve => setImmediate(resolve));
    const answer = once(socket, 'data') as Promise<Buffer[]>;
    // Node takes a connection that has sent a part of its head for a busy one, once it has read it.
    await new Promise(resolve => setImmediate(resolve));
    const stopped = it.stop();
    it.becomeReady();
    socket.write('\r\n');
    const [text] = await answer;
    expect(text!.toString()).toContain('503');
    expect(text!.toString()).toContain('{"status":"stopping"}');
    await stopped;
  });
});

describe('where it listens', () => {
  test('on its own machine it says nothing', async () => {
    const { logger } = await listener();
    expect(logger.lines).toEqual([]);
  });

  test('open to the network it says so, once', async () => {
    const { logger } = await listener({ host: '0.0.0.0' });
    expect(logger.lines).toHaveLength(1);
    expect(JSON.stringify(logger.lines)).toContain('WITHOUT AUTHENTICATION');
  });

  test('an address that is taken is an error', async () => {
    const { http } = await listener();
    const second = new HttpListener({
      ...{ host: '127.0.0.1', port: http.port, names: [], maxConnections: 1, drainMs: 0 },
      logger: new RecordingLogger(),
    });
    await expect(second.start()).rejects.toThrow('EADDRINUSE');
    await second.stop();
  });

  test('an embedded broker listens nowhere unless it is asked to', async () => {
    await using quiet = await testBroker({ storage: 'memory' });
    expect(quiet.http).toBeNull();
  });
});

describe('stop', () => {
  test('waits for no connection that is kept alive', async () => {
    const { it, http } = await broker();
    const kept = new KeptAlive(http);
    await kept.ask('/topics');
    const closed = kept.closed();
    const startedAt = performance.now();
    await it.stop();
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });

  test('ends what waits for records, and answers it', async () => {
    const { it, http } = await broker();
    await http.ask(`POST /v3/clusters/${it.clusterId}/topics`, { body: { topic_name: 'orders' } });
    const kept = new KeptAlive(http);
    await kept.ask('/topics');
    const waiting = kept.ask('/topics/orders/partitions/0/records?offset=0&timeout=30000');
    // It is under way when another that came after it has been answered.
    await http.ask('GET /topics');
    const startedAt = performance.now();
    const stopped = it.stop();
    expect(await waiting).toBe(200);
    await stopped;
    // Neither the read's 30 seconds, nor the five for which a connection is kept alive.
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });

  test('gives a request that never ends no more than its time', async () => {
    const { it, http } = await listener({ drainMs: 50 });
    const socket = connect(http.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined).resume();
    const closed = once(socket, 'close');
    socket.write('POST /topics/a HTTP/1.1\r\nhost: local');
    while (it.connections < 1) await new Promise(resolve => setImmediate(resolve));
    await it.stop();
    await closed;
  });

  test('a stream of records that is still being sent ends with the broker', async () => {
    const { it, http } = await broker();
    const topics = `/v3/clusters/${it.clusterId}/topics`;
    await http.ask(`POST ${topics}`, { body: { topic_name: 'orders' } });
    const asked = unfinished(http, `${topics}/orders/records`, '{}');
    const response = await answerOf(asked);
    const closed = new Promise(resolve => response.socket.once('close', resolve));
    response.on('error', () => undefined);
    await it.stop();
    await closed;
  }, 20_000);

  test('may be asked for twice, and before it began', async () => {
    const { it } = await listener();
    await Promise.all([it.stop(), it.stop()]);
    await it.stop();
  });
});

describe('when all connections are taken', () => {
  const request = (path: string) =>
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;

  test('health checks are answered on a few more, and nothing else is', async () => {
    const { it, http } = await listener({ maxConnections: 1 });
    const first = connect(http.port, '127.0.0.1');
    opened.push(async () => first.destroy());
    while (it.connections < 1) await new Promise(resolve => setImmediate(resolve));
    expect(await http.raw(request('/healthz'))).toMatch(/^HTTP\/1.1 200 /);
    expect(await http.raw(request('/topics'))).toContain('too many connections');
    const answer = once(first, 'data') as Promise<Buffer[]>;
    first.write(request('/topics'));
    expect((await answer)[0]!.toString()).toContain('the broker is starting');
  });
});

describe('an offer to speak HTTP/2, as Java’s clients make it', () => {
  const ORDERS = '{"topic_name":"orders"}';
  const offer =
    'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n';
  const post = (path: string, rest: string) =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${offer}${rest}`;

  test.each([
    ['of known length', `content-length: 23\r\n\r\n${ORDERS}`],
    ['in chunks', `transfer-encoding: chunked\r\n\r\n17\r\n${ORDERS}\r\n0\r\n\r\n`],
  ])('is passed over, and a body %s is read', async (_, rest) => {
    const { it, http } = await broker();
    const answer = await http.raw(post(`/v3/clusters/${it.clusterId}/topics`, rest));
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  test('that comes before its body waits for that', async () => {
    const { it, http } = await broker();
    const path = `/v3/clusters/${it.clusterId}/topics`;
    const socket = connect(http.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(post(path, 'content-length: 23\r\n\r\n'));
    // The head has been read when another request that came after it is answered.
    await http.ask('GET /topics');
    const answer = once(socket, 'data') as Promise<Buffer[]>;
    socket.write(ORDERS);
    expect((await answer)[0]!.toString()).toMatch(/^HTTP\/1.1 201 /);
  });

  test('without a body is passed over', async () => {
    const { http } = await broker();
    const answer = await http.raw(`GET /topics HTTP/1.1\r\nhost: localhost\r\n${offer}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('what is no request', () => {
  test.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400],
    ['another protocol', '\x16\x03\x01\x02\x00', 400],
    ['headers without end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
  ])('%s is answered, and hung up on', async (_, bytes, status) => {
    const { http } = await listener();
    expect(await http.raw(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('has a body as every other error has it', async () => {
    const { http } = await listener();
    const answer = await http.raw('GARBAGE\r\n\r\n');
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(JSON.parse(body)).toMatchObject({
      error_code: 400,
      message: expect.any(String) as string,
    });
  });
});

test('a stream of records may be silent for as long as it likes, and no longer than it lasts', async () => {
  const { it, http } = await broker();
  const sockets: Socket[] = [];
  const note = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === http.port) sockets.push(socket);
  };
  subscribe('net.server.socket', note);
  opened.push(async () => unsubscribe('net.server.socket', note));
  const topics = `/v3/clusters/${it.clusterId}/topics`;
  await http.ask(`POST ${topics}`, { body: { topic_name: 'orders' } });
  const asked = unfinished(http, `${topics}/orders/records`, '{}');
  const response = await answerOf(asked);
  const own = sockets.at(-1)!;
  expect(own.timeout).toBe(0);
  asked.write('[');
  response.resume();
  await once(response, 'end');
  expect(own.timeout).toBeGreaterThan(0);
  asked.destroy();
});

test('a name that the broker was told of is its own, beside those it knows', async () => {
  const options = {
    httpPort: 0,
    httpAllowedHosts: ['log.example'],
    advertisedHost: 'told.example',
  };
  const it = await testBroker({ storage: 'memory', ...options });
  opened.push(() => it[Symbol.asyncDispose]());
  const http = new HttpClient(it.http);
  const status = async (host: string) =>
    (await http.ask('GET /topics', { headers: { host } })).status;
  for (const name of ['log.example', 'told.example:80', hostname(), 'localhost']) {
    expect(await status(name)).toBe(200);
  }
  expect(await status('evil.example')).toBe(403);
  expect((await http.ask('GET /readyz', { headers: { host: 'evil.example' } })).status).toBe(200);
});

test('many that wait leave nothing behind, and make nobody warn', async () => {
  const { it, http } = await broker();
  await http.ask(`POST /v3/clusters/${it.clusterId}/topics`, { body: { topic_name: 'orders' } });
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const path = '/topics/orders/partitions/0/records?offset=0&timeout=200';
  const waiting = Array.from({ length: 30 }, () => http.ask(`GET ${path}`));
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(30).fill(200));
  await new Promise(resolve => setImmediate(resolve));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
