import { createConnection, type Socket } from 'node:net';
import { controlPathOfBroker } from './control-path.ts';
import { encodeLine, parseAnswer, type ControlRequest } from './control-messages.ts';
import { TextLines } from './text-lines.ts';

/** What the broker said when it could not do what it was asked, or that it went away; the message is one line for people. */
export class ControlError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ControlError';
  }
}

/** Nobody listens: there is no such socket, only what a killed broker has left, or none can be where the path is so long. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EINVAL', 'ENAMETOOLONG']);

/**
 * Connects to the broker that has a data directory, which must exist; null when there is none. Rejects with the system's error,
 * and with ControlError when the socket may be anybody's.
 */
export async function connectControl(dataDir: string): Promise<ControlConnection | null> {
  const path = brokersPath(dataDir);
  return path === null ? null : connectTo(path);
}

function brokersPath(dataDir: string): string | null {
  try {
    return controlPathOfBroker(dataDir);
  } catch (error) {
    throw new ControlError((error as Error).message, { cause: error });
  }
}

function connectTo(path: string): Promise<ControlConnection | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(new ControlConnection(socket)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY.has(error.code ?? '')) resolve(null);
      else reject(error);
    });
  });
}

/** One conversation with a running broker. */
export class ControlConnection {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // The end of the lines says it too.
    socket.on('error', () => undefined);
  }

  /** Asks, and resolves with the outcome; rejects with ControlError. Once only. */
  async ask(request: ControlRequest, progressed: (facts: unknown) => void): Promise<unknown> {
    this.#socket.write(encodeLine(request));
    try {
      for await (const line of this.#lines()) {
        const answer = parseAnswer(line);
        if (answer === null) throw new ControlError('the broker gave an answer that is none');
        if ('done' in answer) return answer.done;
        if ('error' in answer) throw new ControlError(answer.error.message);
        progressed(answer.progress);
      }
    } finally {
      this.#socket.destroy();
    }
    throw new ControlError('the broker ended before the command was done');
  }

  async *#lines(): AsyncGenerator<string> {
    const lines = new TextLines();
    // A connection that breaks is one that ends.
    const pieces = this.#socket.setEncoding('utf8').iterator({ destroyOnReturn: false });
    for (;;) {
      const next = await pieces.next().catch(() => null);
      if (next === null || next.done === true) return;
      yield* wholeLines(lines, next.value as string);
    }
  }
}

function wholeLines(lines: TextLines, piece: string): string[] {
  try {
    return lines.take(piece);
  } catch (error) {
    throw new ControlError('the broker gave an answer that is too long', { cause: error });
  }
}
