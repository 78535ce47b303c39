import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import type { ErrorBody } from '../http-errors.ts';
import { HttpError } from '../http-errors.ts';

/**
 * Answers as JSON objects, one in a line. A request whose length is known and that gets one answer has that one's status; any other
 * has begun with 200 by the time that something fails, and says so in its lines. Until it ends, its connection may be silent for as
 * long as the client likes.
 */
export class AnswerStream {
  count = 0;
  readonly #reply: FastifyReply;
  readonly #waits: boolean;
  readonly #silenceMs: number;
  #first: object | HttpError | null = null;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#waits = reply.request.headers['content-length'] !== undefined;
    reply.hijack();
    const { socket } = reply.request.raw;
    this.#silenceMs = socket.timeout ?? 0;
    socket.setTimeout(0);
  }

  /** Whether the client is gone. */
  get isUnheard(): boolean {
    return this.#reply.raw.destroyed;
  }

  add(answer: object | HttpError): void {
    this.count++;
    if (this.count === 1) this.#first = answer;
    else this.#write(answer);
    if (!this.#waits) this.#begin(200);
  }

  /** Resolves when the client has taken what it was told, or is gone. */
  async drained(): Promise<void> {
    const { raw } = this.#reply;
    if (!raw.writableNeedDrain || raw.destroyed) return;
    const over = new AbortController();
    const { signal } = over;
    await Promise.race([once(raw, 'drain', { signal }), once(raw, 'close', { signal })]);
    over.abort();
  }

  end(): void {
    this.#reply.request.raw.socket.setTimeout(this.#silenceMs);
    this.#begin(this.#first instanceof HttpError ? this.#first.status : 200);
    this.#reply.raw.end();
  }

  #write(answer: object | HttpError): void {
    this.#begin(200);
    const body = answer instanceof HttpError ? bodyOf(answer) : answer;
    this.#reply.raw.write(`${JSON.stringify(body)}\n`);
  }

  #begin(status: number): void {
    const { raw } = this.#reply;
    if (raw.headersSent) return;
    raw.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    if (this.#first !== null) this.#write(this.#first);
  }
}

function bodyOf({ errorCode, message }: HttpError): ErrorBody {
  return { error_code: errorCode, message };
}
