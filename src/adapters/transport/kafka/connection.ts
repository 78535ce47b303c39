import type { Socket } from 'node:net';
import type { Logger } from '../../../ports/logger.ts';
import type { BufferPool } from './buffer-pool.ts';
import { FrameReader } from './frame-reader.ts';
import { Produce } from './messages/produce.ts';
import { openRequest, type OpenRequest, type Surroundings } from './open-request.ts';
import type { ApiRegistry } from './registry.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import { ResponseQueue } from './response-queue.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import { WireReader } from './wire/reader.ts';

export interface ConnectionOptions {
  readonly registry: ApiRegistry;
  readonly pool: BufferPool;
  readonly logger: Logger;
  /** The largest request (`socket.request.max.bytes`). */
  readonly maxRequestBytes: number;
  /** How long it may be silent while nothing is owed to it (`connections.max.idle.ms`); below 1 for ever, as in Kafka. */
  readonly maxIdleMs: number;
}

/** Unsent response bytes beyond which no further request is begun. */
const UNSENT_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS_MAX = 0x7fff_ffff;
const NO_BYTES = Buffer.alloc(0);

/**
 * One client. Requests are handled one at a time, as Kafka does, except that Produce requests overlap with one another, so
 * that a group commit sees several; responses leave in the order of the requests, all of a tick in one write. A request that
 * cannot begin yet is kept, and nothing more is read until it has, so that memory is bounded.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #logger: Logger;
  readonly #frames: FrameReader;
  readonly #reader = new WireReader();
  readonly #surroundings: Surroundings;
  readonly #nowMs: () => number;
  readonly #responses: ResponseQueue;
  readonly #underWay = new RequestsUnderWay();
  readonly #gone = new AbortController();
  #kept: Buffer[] = [];
  #beginning = false;
  #paused = false;
  #draining: Promise<void> | null = null;
  #drained: () => void = () => {};

  constructor(socket: Socket, options: ConnectionOptions) {
    const { registry, pool, logger, maxRequestBytes } = options;
    this.#socket = socket;
    this.#logger = logger;
    const clientHost = socket.remoteAddress ?? '';
    this.#nowMs = registry.nowMs;
    const { signal } = this.#gone;
    this.#surroundings = { registry, pool, clientHost, signal, receivedMs: 0 };
    this.#frames = new FrameReader(maxRequestBytes, pool, (buffer, start, end) =>
      this.#take(buffer, start, end),
    );
    this.#responses = new ResponseQueue(socket, pool, {
      progressed: () => this.#advance(),
      failed: error => this.#fail(error),
      nowMs: registry.nowMs,
    });
    this.#listen(options.maxIdleMs);
  }

  /** Whether a response is owed. */
  get busy(): boolean {
    return this.#responses.length > 0 || this.#kept.length > 0;
  }

  /** Takes received bytes, which are the caller's again when it returns. */
  receive(chunk: Buffer): void {
    if (this.#draining !== null) return;
    // Once for all requests that came together.
    this.#surroundings.receivedMs = this.#nowMs();
    try {
      this.#frames.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Takes no more requests, answers what was received, then closes; resolves when it is closed. Requests that wait for something
   * stop waiting.
   */
  drain(): Promise<void> {
    return (this.#draining ??= this.#drain());
  }

  /** Closes at once, with one log line. */
  close(reason: string): void {
    if (this.#socket.destroyed) return;
    const { remoteAddress, remotePort } = this.#socket;
    this.#logger.warn({ remoteAddress, remotePort, reason }, 'connection closed');
    this.#socket.destroy();
  }

  #listen(maxIdleMs: number): void {
    const socket = this.#socket;
    const ms = Math.min(Math.max(0, maxIdleMs), TIMEOUT_MS_MAX);
    socket.setTimeout(ms);
    socket.on('timeout', () => {
      // A client that does not take what it was sent is silent too, whatever it is still owed.
      if (!this.busy || socket.writableLength > 0) this.close(`silent for ${maxIdleMs} ms`);
      else socket.setTimeout(ms); // it fires once, unless it is set again
    });
    socket.on('drain', () => this.#advance());
    socket.on('end', () => this.#ended());
    socket.on('close', () => this.#gone.abort());
    // What a reset or a timeout means is told by 'close', which follows.
    socket.on('error', () => {});
  }

  /** The client sends no more. What it sent is carried out, above all produce requests that nobody waits for (acks 0). */
  #ended(): void {
    if (this.#frames.incomplete && !this.busy) this.close('the client left within a request');
    else void this.drain();
  }

  async #drain(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
    const answered = new Promise<void>(resolve => (this.#drained = resolve));
    this.#gone.abort();
    // What still comes is read and dropped: a socket that is closed with bytes unread resets, and the last answers may be lost.
    socket.resume();
    if (this.busy) await Promise.race([closed, answered]);
    socket.end(() => socket.destroy());
    await closed;
  }

  /** One frame: begins its request, or keeps it until the ones before it have been answered. */
  #take(buffer: Buffer, start: number, end: number): void {
    if (this.#kept.length === 0 && this.#begin(buffer, start, end)) return;
    this.#kept.push(Buffer.from(buffer.subarray(start, end)));
    this.#pause();
  }

  /** False if the request has to wait for its turn. */
  #begin(buffer: Buffer, start: number, end: number): boolean {
    if (this.#underWay.alone || this.#socket.writableLength > UNSENT_BYTES_MAX) return false;
    const overlaps = end - start >= 2 && buffer.readInt16BE(start) === Produce.key;
    if (!overlaps && this.#responses.length > 0) return false;
    const request = openRequest(this.#reader.reset(buffer, start, end), this.#surroundings);
    this.#reader.reset(NO_BYTES);
    this.#run(request, overlaps ? end - start : 0);
    return true;
  }

  #run(request: OpenRequest, bytes: number): void {
    this.#responses.add(request);
    this.#underWay.begin(bytes);
    if (this.#underWay.full) this.#pause();
    const ended = (response: unknown): void => {
      this.#underWay.end(bytes);
      this.#responses.answer(request, response);
    };
    const answer = request.begin();
    if (answer instanceof Promise) answer.then(ended, error => this.#fail(error));
    else ended(answer);
  }

  /** After something was answered or sent: begins what was kept, in a turn of its own, or reads on. */
  #advance(): void {
    if (this.#kept.length > 0) this.#beginSoon();
    else if (this.#draining === null) this.#resume();
    else if (!this.busy) this.#drained();
  }

  #beginSoon(): void {
    if (this.#beginning) return;
    this.#beginning = true;
    setImmediate(() => {
      this.#beginning = false;
      this.#beginKept();
    });
  }

  #beginKept(): void {
    if (this.#socket.destroyed) return;
    this.#surroundings.receivedMs = this.#nowMs();
    let begun = 0;
    try {
      while (
        begun < this.#kept.length &&
        this.#begin(this.#kept[begun]!, 0, this.#kept[begun]!.length)
      )
        begun++;
    } catch (error) {
      return this.#fail(error);
    }
    this.#kept.splice(0, begun);
    if (this.#kept.length === 0) this.#advance();
  }

  #pause(): void {
    if (this.#paused || this.#draining !== null) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused || !this.#underWay.hasRoom) return;
    this.#paused = false;
    this.#socket.resume();
  }

  #fail(error: unknown): void {
    if (error instanceof ProtocolError) return this.close(error.message);
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error({ error: message }, 'a request failed unexpectedly');
    this.close('internal error');
  }
}
