import type { Socket } from 'node:net';
import type { BufferPool } from './buffer-pool.ts';
import type { OpenRequest } from './open-request.ts';
import { writeResponseHeader } from './wire/headers.ts';
import { WireWriter } from './wire/writer.ts';

export interface ResponseQueueOwner {
  /** Responses were handed to the socket. */
  progressed(): void;
  /** A response could not be written. */
  failed(error: unknown): void;
  /** When that is, for those that are measured. */
  nowMs(): number;
}

/**
 * Sends responses in the order of their requests: those that are ready leave together, at the end of the tick, in one write.
 * Memory that they refer to goes back to the pool when the operating system has it all.
 */
export class ResponseQueue {
  readonly #socket: Socket;
  readonly #pool: BufferPool;
  readonly #owner: ResponseQueueOwner;
  readonly #owed: OpenRequest[] = [];
  readonly #writer = new WireWriter();
  #borrowed: Buffer[] = [];
  #scheduled = false;

  constructor(socket: Socket, pool: BufferPool, owner: ResponseQueueOwner) {
    this.#socket = socket;
    this.#pool = pool;
    this.#owner = owner;
  }

  /** Responses that are owed. */
  get length(): number {
    return this.#owed.length;
  }

  add(request: OpenRequest): void {
    this.#owed.push(request);
  }

  /** Null is no response at all, in its turn. */
  answer(request: OpenRequest, response: unknown): void {
    request.response = response;
    if (this.#scheduled || this.#owed[0]?.response === undefined) return;
    this.#scheduled = true;
    // After all that this tick still answers: promises that settle together are sent together.
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#socket.destroyed) return;
    try {
      let ready = 0;
      // One time for all that leave together.
      const nowMs = this.#owner.nowMs();
      while (ready < this.#owed.length && this.#owed[ready]!.response !== undefined) {
        this.#owed[ready]!.answeredAt(nowMs);
        this.#write(this.#owed[ready++]!);
      }
      this.#owed.splice(0, ready);
    } catch (error) {
      return this.#owner.failed(error);
    }
    const pieces = this.#writer.take();
    if (pieces.length > 0) this.#send(pieces);
    this.#owner.progressed();
  }

  #write(request: OpenRequest): void {
    const { api, apiVersion, response } = request;
    for (const buffer of request.borrowed) this.#borrowed.push(buffer);
    if (response === null) return;
    this.#writer.beginFrame();
    writeResponseHeader(this.#writer, api, request);
    api.response.at(apiVersion).write(this.#writer, response as never);
    this.#writer.endFrame();
  }

  #send(pieces: Buffer[]): void {
    const borrowed = this.#borrowed;
    const last = pieces.pop()!;
    if (pieces.length > 0) this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    if (borrowed.length === 0) this.#socket.write(last);
    else this.#socket.write(last, () => this.#giveBack(borrowed));
    if (pieces.length > 0) this.#socket.uncork();
    if (borrowed.length > 0) this.#borrowed = [];
  }

  #giveBack(borrowed: Buffer[]): void {
    for (const buffer of borrowed) this.#pool.giveBack(buffer);
  }
}
