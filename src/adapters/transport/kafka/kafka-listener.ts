import type { AddressInfo, Server, Socket } from 'node:net';
import type { Listener, ListenerAddress } from '../../../ports/listener.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { ConnectionCounts } from '../../../ports/metrics.ts';
import { BufferPool } from './buffer-pool.ts';
import { Connection } from './connection.ts';
import { createReceivingServer, type StartReceiving } from './receiving-socket.ts';
import type { ApiRegistry } from './registry.ts';

export interface KafkaListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly registry: ApiRegistry;
  readonly logger: Logger;
  /** Where the listener says how many clients it has. */
  readonly counts?: ConnectionCounts;
  /** The largest request, in bytes (`socket.request.max.bytes`). */
  readonly maxRequestBytes: number;
  /** The most connections at one time (`max.connections`). */
  readonly maxConnections: () => number;
  /** How long a connection may be silent (`connections.max.idle.ms`). */
  readonly maxIdleMs: number;
  /** How long `stop` waits for clients to take what they are owed. */
  readonly drainMs: number;
  /** False receives with `data` events, where the shared buffer cannot be used. */
  readonly shareReceiveBuffer?: boolean;
}

const POOL_BYTES = 32 * 1024 * 1024;

/** Serves Kafka's protocol over TCP. */
export class KafkaListener implements Listener {
  readonly #options: KafkaListenerOptions;
  readonly #server: Server;
  readonly #pool = new BufferPool(POOL_BYTES);
  readonly #connections = new Set<Connection>();

  constructor(options: KafkaListenerOptions) {
    this.#options = options;
    this.#server = createReceivingServer(
      (socket, start) => this.#accept(socket, start),
      options.shareReceiveBuffer,
    );
  }

  start(): Promise<ListenerAddress> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', ({ message }) =>
          this.#warn('the listener failed', { error: message }),
        );
        const address = this.#server.address() as AddressInfo;
        resolve({ host: address.address, port: address.port });
      });
    });
  }

  /** Takes no new connections; answers what was received, for at most `drainMs`; then closes all. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    const drained = Promise.all(Array.from(this.#connections, connection => connection.drain()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, this.#options.drainMs)));
    await Promise.race([drained, late]);
    clearTimeout(timer);
    for (const connection of this.#connections) connection.close('the broker stops');
    await closed;
  }

  #accept(socket: Socket, start: StartReceiving): void {
    const { registry, logger, counts, maxRequestBytes, maxConnections, maxIdleMs } = this.#options;
    if (this.#connections.size >= maxConnections()) {
      // Kafka lets it wait instead; a client that is refused can try another broker, or say why it has none.
      this.#warn('connection refused: max.connections is reached', { limit: maxConnections() });
      socket.destroy();
      return;
    }
    const options = { registry, logger, maxRequestBytes, pool: this.#pool, maxIdleMs };
    const connection = new Connection(socket, options);
    this.#connections.add(connection);
    if (counts) counts.opened += 1;
    socket.once('close', () => {
      this.#connections.delete(connection);
      if (counts) counts.open = this.#connections.size;
    });
    if (counts) counts.open = this.#connections.size;
    start(chunk => connection.receive(chunk));
  }

  #warn(message: string, facts: object): void {
    this.#options.logger.warn(facts, message);
  }
}
