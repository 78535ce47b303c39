import type { Socket } from 'node:net';
import type { BufferPool } from './buffer-pool.ts';
import type { OpenRequest } from './open-request.ts';
import { writeResponseHeader } from './wire/headers.ts';
import { WireWriter } from './wire/writer.ts';

/** The place of one response in the order of a connection. */
export interface Slot {
  readonly request: OpenRequest;
  response: unknown;
  answered: boolean;
  /** Memory of the pool that the response refers to. */
  borrowed: Buffer[] | null;
}

export interface ResponseQueueOwner {
  /** Responses were handed to the socket. */
  progressed(): void;
  /** A response could not be written. */
  failed(error: unknown): void;
}

/**
 * Sends responses in the order of their requests: those that are ready leave together, at the end of the tick, in one write.
 * Memory that they refer to goes back to the pool when the operating system has it all.
 */
export class ResponseQueue {
  readonly #socket: Socket;
  readonly #pool: BufferPool;
  readonly #owner: ResponseQueueOwner;
  readonly #slots: Slot[] = [];
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
    return this.#slots.length;
  }

  open(request: OpenRequest): Slot {
    const slot: Slot = { request, response: null, answered: false, borrowed: null };
    this.#slots.push(slot);
    return slot;
  }

  /** Memory for the response of a slot. */
  allocate(slot: Slot, bytes: number): Buffer {
    const buffer = this.#pool.take(bytes);
    (slot.borrowed ??= []).push(buffer);
    return buffer;
  }

  /** Null closes the slot without a response. */
  answer(slot: Slot, response: unknown): void {
    slot.response = response;
    slot.answered = true;
    if (this.#scheduled || this.#slots[0]?.answered !== true) return;
    this.#scheduled = true;
    // After all that this tick still answers: promises that settle together are sent together.
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#socket.destroyed) return;
    try {
      let ready = 0;
      while (this.#slots[ready]?.answered === true) this.#write(this.#slots[ready++]!);
      this.#slots.splice(0, ready);
    } catch (error) {
      return this.#owner.failed(error);
    }
    const pieces = this.#writer.take();
    if (pieces.length > 0) this.#send(pieces);
    this.#owner.progressed();
  }

  #write({ request, response, borrowed }: Slot): void {
    if (borrowed !== null) this.#borrowed.push(...borrowed);
    if (response === null) return;
    this.#writer.beginFrame();
    writeResponseHeader(this.#writer, request.api, request);
    request.api.response.at(request.apiVersion).write(this.#writer, response as never);
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
