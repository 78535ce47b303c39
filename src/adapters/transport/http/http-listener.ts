import { EventEmitter, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Listener, ListenerAddress } from '../../../ports/listener.ts';
import type { Logger } from '../../../ports/logger.ts';
import { answerNoRequest } from './client-errors.ts';
import { answerFull, answerHealth, answerNotReady, type BrokerStatus } from './health.ts';
import { createHttpApp, type RequestHandler } from './http-app.ts';
import type { HttpApp } from './typed-app.ts';
import type { HttpParts } from './http-parts.ts';
import { hostNames, isLoopback } from './request-guards.ts';
import { asksForWebSocket, requestsTaking } from './upgrade-offers.ts';

export interface HttpListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly logger: Logger;
  /** What clients may call it by, besides addresses and localhost; `*` is any name. */
  readonly names: readonly string[];
  /** The most connections at one time; a few more may ask for its health. */
  readonly maxConnections: number;
  /** How long `stop` waits for answers under way, in milliseconds. */
  readonly drainMs: number;
}

/** How long a client may take for its headers, and how long a connection may be silent, in milliseconds. */
const HEADERS_TIMEOUT_MS = 15_000;
const SILENCE_MS = 120_000;
/** Connections that are there for health checks when all others are taken. */
const SPARE_CONNECTIONS = 16;

/**
 * Serves HTTP. It listens before there is anything to serve, so that health checks are answered while the broker starts;
 * `prepare` gives it the rest, `serve` opens that, and `becomeReady` says so to those who check.
 */
export class HttpListener implements Listener {
  readonly #options: HttpListenerOptions;
  readonly #server: Server;
  readonly #upgrades = new EventEmitter();
  readonly #sockets = new Set<Socket>();
  /** Those that are open for health checks alone. */
  readonly #spare = new WeakSet<Socket>();
  #status: BrokerStatus = 'starting';
  #handler: RequestHandler = (_, response) => answerNotReady(response, this.#status);
  #app: HttpApp | null = null;
  #prepared: RequestHandler | null = null;
  readonly #stopping = new AbortController();

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    // Every answer that waits listens to it, and stops listening when it is over.
    setMaxListeners(0, this.#stopping.signal);
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        // A stream of records is one request, and may last for days. Who is gone without a word is found out by the system.
        requestTimeout: 0,
        keepAlive: true,
        keepAliveInitialDelay: SILENCE_MS,
        IncomingMessage: requestsTaking(request => this.#takesUpgrade(request)),
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.timeout = SILENCE_MS;
    this.#server.maxConnections = options.maxConnections + SPARE_CONNECTIONS;
    this.#server.on('clientError', answerNoRequest);
    this.#server.on('upgrade', (...offer) => this.#upgrades.emit('upgrade', ...offer));
    this.#server.on('connection', socket => this.#connected(socket));
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#sockets.size;
  }

  async start(): Promise<ListenerAddress> {
    const { host, port, logger } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#server.on('error', ({ message }) => logger.warn({ error: message }, 'HTTP failed'));
    const { address, port: bound } = this.#server.address() as AddressInfo;
    if (!isLoopback(address)) {
      const facts = { host: address, port: bound };
      logger.warn(facts, 'HTTP is open to the network WITHOUT AUTHENTICATION: anybody may write');
    }
    return { host: address, port: bound };
  }

  /** Makes all that is served, and serves none of it yet. */
  async prepare(parts: Omit<HttpParts, 'stopping'>): Promise<void> {
    const { address: host } = this.#server.address() as AddressInfo;
    const place = {
      server: this.#server,
      isOwnName: hostNames([host, ...this.#options.names]),
      upgrades: this.#upgrades,
    };
    const { app, handler } = await createHttpApp(place, {
      ...parts,
      stopping: this.#stopping.signal,
    });
    this.#app = app;
    this.#prepared = handler;
  }

  /** Everything is served from now on. */
  serve(): void {
    if (this.#prepared === null) throw new Error('there is nothing to serve yet');
    this.#handler = this.#prepared;
  }

  /** What is asked of it need not wait for the broker's start any more; nothing to a listener that stops. */
  becomeReady(): void {
    if (this.#status === 'starting') this.#status = 'ready';
  }

  /** Answers what was received, for at most `drainMs`; what is read live ends at once. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#status = 'stopping';
    this.#handler = (_, response) => answerNotReady(response, this.#status);
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#stopping.abort();
    this.#server.closeIdleConnections();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, this.#options.drainMs)));
    await Promise.race([closed, late]);
    clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.#app?.close();
  }

  get #serves(): boolean {
    return this.#handler === this.#prepared;
  }

  #connected(socket: Socket): void {
    if (this.#sockets.size >= this.#options.maxConnections) this.#spare.add(socket);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #takesUpgrade(request: IncomingMessage): boolean {
    return this.#serves && !this.#spare.has(request.socket) && asksForWebSocket(request);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', socket, headers } = request;
    // What follows an offer that was not taken may be lost, so that no more requests are read after it.
    if (!this.#serves || headers.upgrade !== undefined) response.setHeader('connection', 'close');
    delete headers.upgrade;
    // A connection that had an answer under way when the broker stopped is idle after it.
    response.once('close', () => {
      if (this.#status === 'stopping') this.#server.closeIdleConnections();
    });
    if (answerHealth(url.split('?', 1)[0]!, response, this.#status)) return;
    if (this.#spare.has(socket)) answerFull(response);
    else this.#handler(request, response);
  }
}
