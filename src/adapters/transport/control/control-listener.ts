import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../../ports/logger.ts';
import {
  encodeLine,
  errorAnswer,
  parseRequest,
  type ControlAnswer,
  type ControlRequest,
} from './control-messages.ts';
import { leaveControlPath, ownControlPath } from './control-path.ts';
import { TextLines } from './text-lines.ts';

/** Carries out a command; the signal is aborted when whoever asked is gone, or the broker stops. */
export type ControlHandler = (
  request: ControlRequest,
  progress: (facts: unknown) => void,
  signal: AbortSignal,
) => Promise<unknown>;

export interface ControlListenerOptions {
  /** It must exist, and be the caller's. */
  readonly dataDir: string;
  readonly handlers: ReadonlyMap<string, ControlHandler>;
  readonly logger: Logger;
  /** How long a request may take to come, and the last answer to go; some seconds, unless told. */
  readonly requestMs?: number;
  readonly lingerMs?: number;
}

/** More than an operator has hands. */
const MAX_CONNECTIONS = 16;
const REQUEST_MS = 10_000;
const LINGER_MS = 2_000;
/** Progress is not kept for whoever does not read it. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

/** Takes commands from this machine's owner of the data directory: nobody else may connect. */
export class ControlListener {
  readonly #options: ControlListenerOptions;
  readonly #server: Server;
  readonly #stopped = new AbortController();
  readonly #conversations = new Set<Promise<void>>();
  #path: string | null = null;

  constructor(options: ControlListenerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, socket => {
      const conversation = this.#converse(socket).finally(() => {
        this.#conversations.delete(conversation);
        this.#part(socket);
      });
      this.#conversations.add(conversation);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Rejects with the system's error when it cannot be listened there, and where the place is somebody else's. */
  async start(): Promise<void> {
    const path = ownControlPath(this.#options.dataDir);
    const isFile = !path.startsWith('\\\\');
    // A broker that was killed leaves its socket behind, and only one has the directory.
    if (isFile) rmSync(path, { force: true });
    this.#server.listen(path);
    await once(this.#server, 'listening');
    if (isFile) chmodSync(path, 0o600);
    this.#path = path;
  }

  /** Ends the commands that are under way; nobody keeps it waiting by not reading. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the broker stops'));
    const closed = new Promise(resolve => this.#server.close(resolve));
    await Promise.allSettled(this.#conversations);
    await closed;
    if (this.#path !== null) leaveControlPath(this.#path, this.#options.dataDir);
  }

  /** Lets what was said go out, for a while. */
  #part(socket: Socket): void {
    const linger = setTimeout(() => socket.destroy(), this.#options.lingerMs ?? LINGER_MS);
    // The socket alone is a reason to wait.
    linger.unref();
    socket.once('close', () => clearTimeout(linger));
    socket.destroySoon();
  }

  async #converse(socket: Socket): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort(new Error('whoever asked is gone'));
    socket.on('error', leave);
    socket.on('close', leave);
    const signal = AbortSignal.any([gone.signal, this.#stopped.signal]);
    const say = (answer: ControlAnswer): void => {
      if (socket.writable) socket.write(encodeLine(answer));
    };
    const tell = (progress: unknown): void => {
      if (socket.writableLength < MAX_QUEUED_BYTES) say({ progress });
    };
    try {
      const line = await lineFrom(socket, signal, this.#options.requestMs ?? REQUEST_MS);
      socket.once('end', leave);
      const request = parseRequest(line);
      const handler = request && this.#options.handlers.get(request.command);
      if (!handler) throw new Error('there is no such command');
      say({ done: await handler(request, tell, signal) });
    } catch (error) {
      say(errorAnswer(error));
      this.#options.logger.warn(
        { error: (error as Error).message },
        'a command of the control channel failed',
      );
    }
  }
}

/** The first line; what comes after it is not looked at. Rejects when it is too long, or does not come. */
function lineFrom(socket: Socket, signal: AbortSignal, withinMs: number): Promise<string> {
  const lines = new TextLines();
  let timeout: NodeJS.Timeout;
  return new Promise<string>((resolve, reject) => {
    const refuse = (): void => reject(new Error('there was no request'));
    const take = (piece: string): void => {
      try {
        const [line] = lines.take(piece);
        if (line === undefined) return;
        socket.off('data', take).resume();
        resolve(line);
      } catch {
        socket.off('data', take).resume();
        reject(new Error('the request is too long'));
      }
    };
    socket.setEncoding('utf8').on('data', take);
    socket.once('end', refuse);
    // Not the socket's own timeout, which begins anew with every byte.
    timeout = setTimeout(refuse, withinMs);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  }).finally(() => clearTimeout(timeout));
}
