import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Listener, ListenerAddress } from '../../../ports/listener.ts';
import type { Logger } from '../../../ports/logger.ts';
import { TextCommands, type TextUseCases } from './text-commands.ts';
import { TextConnection } from './text-connection.ts';

export interface TextListenerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly useCases: TextUseCases;
  readonly logger: Logger;
  /** The longest line, without its end; 64 KiB unless told. */
  readonly maxLineBytes?: number;
  /** The most connections at one time; 100 unless told. */
  readonly maxConnections?: number;
  /** How long a client may be silent, or leave what it is sent; five minutes unless told. */
  readonly maxIdleMs?: number;
  /** How long `stop` waits for clients to take what they are owed; five seconds unless told. */
  readonly drainMs?: number;
}

const LINE_BYTES = 64 * 1024;
const CONNECTIONS = 100;
const IDLE_MS = 300_000;
const DRAIN_MS = 5_000;

/** Serves lines of text over TCP, for people with `nc`. */
export class TextListener implements Listener {
  readonly #options: TextListenerOptions;
  readonly #commands: TextCommands;
  readonly #server: Server;
  readonly #connections = new Set<TextConnection>();

  constructor(options: TextListenerOptions) {
    this.#options = options;
    this.#commands = new TextCommands(options.useCases, options.logger);
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket));
  }

  start(): Promise<ListenerAddress> {
    const { host, port, logger } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', ({ message }) =>
          logger.warn({ error: message }, 'the text listener failed'),
        );
        const address = this.#server.address() as AddressInfo;
        if (!isLoopback(address.address)) {
          const facts = { host: address.address, port: address.port };
          logger.warn(
            facts,
            'text is open to the network WITHOUT AUTHENTICATION: anybody may write',
          );
        }
        resolve({ host: address.address, port: address.port });
      });
    });
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    const drained = Promise.all(Array.from(this.#connections, connection => connection.drain()));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, this.#options.drainMs ?? DRAIN_MS);
    });
    await Promise.race([drained, late]);
    clearTimeout(timer);
    for (const connection of this.#connections) connection.close();
    await closed;
  }

  #accept(socket: Socket): void {
    const { maxConnections = CONNECTIONS } = this.#options;
    if (this.#connections.size >= maxConnections) {
      socket.on('error', () => {});
      socket.end(`ERR TOO_MANY_CONNECTIONS there are ${maxConnections} already\n`);
      return socket.destroySoon();
    }
    const connection = new TextConnection(socket, {
      commands: this.#commands,
      logger: this.#options.logger,
      maxLineBytes: this.#options.maxLineBytes ?? LINE_BYTES,
      maxIdleMs: this.#options.maxIdleMs ?? IDLE_MS,
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
