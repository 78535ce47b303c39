import type { Socket } from 'node:net';
import type { Logger } from '../../../ports/logger.ts';
import type { BufferPool } from './buffer-pool.ts';
import { FrameReader } from './frame-reader.ts';
import { Produce } from './messages/produce.ts';
import { openRequest } from './open-request.ts';
import type { ApiRegistry } from './registry.ts';
import { ResponseQueue } from './response-queue.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import { WireReader } from './wire/reader.ts';

export interface ConnectionOptions {
  readonly registry: ApiRegistry;
  readonly pool: BufferPool;
  readonly logger: Logger;
  /** The largest request (`socket.request.max.bytes`). */
  readonly maxRequestBytes: number;
  /** How long it may be silent while nothing is owed to it (`connections.max.idle.ms`). */
  readonly maxIdleMs: number;
}

/** Produce requests of one connection that may be under way at once; beyond it, it is not read from. */
const OVERLAPPING_MAX = 1000;
const OVERLAPPING_BYTES_MAX = 32 * 1024 * 1024;
/** Unsent response bytes beyond which no further request is begun. */
const UNSENT_BYTES_MAX = 1024 * 1024;

/**
 * One client. Requests are handled one at a time, as Kafka does, except that Produce requests overlap with one another, so
 * that a group commit sees several; responses leave in the order of the requests, all of a tick in one write. A request that
 * cannot begin yet is kept, and nothing more is read until it has, so that memory is bounded.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames: FrameReader;
  readonly #reader = new WireReader();
  readonly #responses: ResponseQueue;
  readonly #gone = new AbortController();
  readonly #kept: Buffer[] = [];
  #keptFrom = 0;
  #exclusive = false;
  #overlapping = 0;
  #overlappingBytes = 0;
  #paused = false;
  #draining = false;
  #drained: () => void = () => {};

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { maxRequestBytes, pool } = options;
    this.#frames = new FrameReader(maxRequestBytes, pool, (buffer, start, end) =>
      this.#take(buffer, start, end),
    );
    this.#responses = new ResponseQueue(socket, options.pool, {
      progressed: () => this.#advance(),
      failed: error => this.#fail(error),
    });
    socket.setTimeout(options.maxIdleMs, () => {
      if (!this.busy) this.close(`silent for ${options.maxIdleMs} ms`);
    });
    socket.on('drain', () => this.#advance());
    socket.on('close', () => this.#gone.abort());
    // What a reset or a timeout means is told by 'close', which follows.
    socket.on('error', () => {});
  }

  /** Whether a response is owed. */
  get busy(): boolean {
    return this.#responses.length > 0 || this.#kept.length > 0;
  }

  /** Takes received bytes, which are the caller's again when it returns. False asks it to pause reading. */
  receive(chunk: Buffer): boolean {
    if (this.#draining) return true;
    try {
      this.#frames.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
    return !this.#paused;
  }

  /** Reads no more, answers what was received, then closes. Requests that wait for something stop waiting. */
  async drain(): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#draining = true;
    this.#gone.abort();
    const closed = new Promise<void>(resolve => this.#socket.once('close', () => resolve()));
    if (this.busy) await Promise.race([closed, new Promise<void>(done => (this.#drained = done))]);
    this.#socket.end(() => this.#socket.destroy());
    await closed;
  }

  /** Closes at once, with one log line. */
  close(reason: string): void {
    if (this.#socket.destroyed) return;
    const { remoteAddress, remotePort } = this.#socket;
    this.#options.logger.warn({ remoteAddress, remotePort, reason }, 'connection closed');
    this.#socket.destroy();
  }

  /** One frame: begins its request, or keeps it until the ones before it have been answered. */
  #take(buffer: Buffer, start: number, end: number): void {
    if (this.#kept.length === 0 && this.#begin(buffer, start, end)) return;
    this.#kept.push(Buffer.from(buffer.subarray(start, end)));
    this.#pause();
  }

  /** False if the request has to wait for its turn. */
  #begin(buffer: Buffer, start: number, end: number): boolean {
    if (this.#exclusive || this.#socket.writableLength > UNSENT_BYTES_MAX) return false;
    const overlaps = end - start >= 2 && buffer.readInt16BE(start) === Produce.key;
    if (!overlaps && this.#responses.length > 0) return false;
    const request = openRequest(this.#reader.reset(buffer, start, end), this.#options.registry);
    const slot = this.#responses.open(request);
    const overlappingBytes = overlaps ? end - start : 0;
    this.#enter(overlaps, overlappingBytes);
    const ended = (response: unknown): void => {
      this.#leave(overlaps, overlappingBytes);
      this.#responses.answer(slot, response);
    };
    const allocate = (bytes: number): Buffer => this.#responses.allocate(slot, bytes);
    const answer = request.handle(allocate, this.#gone.signal);
    if (answer instanceof Promise) answer.then(ended).catch(error => this.#fail(error));
    else ended(answer);
    return true;
  }

  #enter(overlaps: boolean, bytes: number): void {
    this.#exclusive = !overlaps;
    this.#overlapping += overlaps ? 1 : 0;
    this.#overlappingBytes += bytes;
    if (this.#overlapping >= OVERLAPPING_MAX || this.#overlappingBytes >= OVERLAPPING_BYTES_MAX) {
      this.#pause();
    }
  }

  #leave(overlaps: boolean, bytes: number): void {
    this.#exclusive = false;
    this.#overlapping -= overlaps ? 1 : 0;
    this.#overlappingBytes -= bytes;
  }

  /** After something was answered or sent: begins what was kept, in a turn of its own, or reads on. */
  #advance(): void {
    if (this.#kept.length > 0) setImmediate(() => this.#beginKept());
    else if (this.#draining && !this.busy) this.#drained();
    else this.#resume();
  }

  #beginKept(): void {
    try {
      while (this.#keptFrom < this.#kept.length) {
        const frame = this.#kept[this.#keptFrom]!;
        if (!this.#begin(frame, 0, frame.length)) return;
        this.#keptFrom++;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#kept.length = 0;
    this.#keptFrom = 0;
    this.#resume();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    const full =
      this.#overlapping > OVERLAPPING_MAX / 2 || this.#overlappingBytes > OVERLAPPING_BYTES_MAX / 2;
    if (!this.#paused || full || this.#draining) return;
    this.#paused = false;
    this.#socket.resume();
  }

  #fail(error: unknown): void {
    if (error instanceof ProtocolError) return this.close(error.message);
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.logger.error({ error: message }, 'a request failed unexpectedly');
    this.close('internal error');
  }
}
