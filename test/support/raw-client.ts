import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import {
  readResponseHeader,
  writeRequestHeader,
} from '../../src/adapters/transport/kafka/wire/headers.ts';
import { WireReader } from '../../src/adapters/transport/kafka/wire/reader.ts';
import type { Api, Reads, Writes } from '../../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../../src/adapters/transport/kafka/wire/writer.ts';
import { batchesIn, type RecordBatch } from '../../src/domain/model/log/record-batch.ts';

const FETCH_VERSION = 11;
const MAX_BYTES = 50_000_000;

/** Bytes with their length before them. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A request as it travels, with its length. */
export function encodeRequest<A extends Api>(
  api: A,
  apiVersion: number,
  request: Writes<A['request']>,
  correlationId = 1,
): Buffer {
  const writer = new WireWriter();
  writeRequestHeader(writer, api, { apiVersion, correlationId, clientId: 'raw' });
  api.request.at(apiVersion).write(writer, request);
  return framed(Buffer.concat(writer.take()));
}

/** What a response frame says, its length left out. Throws when it does not parse to its last byte. */
export function decodeResponse<A extends Api>(
  api: A,
  apiVersion: number,
  frame: Buffer,
): { correlationId: number; response: Reads<A['response']> } {
  const reader = new WireReader().reset(frame);
  const correlationId = readResponseHeader(reader, api, apiVersion);
  const response = api.response.at(apiVersion).read(reader) as Reads<A['response']>;
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow the response`);
  return { correlationId, response };
}

/** Speaks over one connection, bytes or requests: for what no client lets a test say or see. */
export class RawClient {
  readonly socket: Socket;
  readonly #frames: Buffer[] = [];
  #rest: Buffer[] = [];
  #restBytes = 0;
  #ended = false;
  #wake: () => void = () => {};
  #correlationId = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('close', () => this.#end());
    socket.on('end', () => this.#end());
    // What is wrong with the connection, tests see by its end.
    socket.on('error', () => {});
  }

  /** With `allowHalfOpen`, the broker's end of the connection does not end ours. */
  static async connect(port: number, allowHalfOpen = false): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Whether the broker has ended the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  send(...pieces: Buffer[]): void {
    this.socket.write(Buffer.concat(pieces));
  }

  /** Asks in one version; rejects when the connection ends before the answer. */
  async ask<A extends Api>(
    api: A,
    apiVersion: number,
    request: Writes<A['request']>,
  ): Promise<Reads<A['response']>> {
    const asked = ++this.#correlationId;
    this.send(encodeRequest(api, apiVersion, request, asked));
    const { correlationId, response } = decodeResponse(api, apiVersion, await this.nextFrame());
    if (correlationId !== asked) throw new Error(`asked ${asked}, answered ${correlationId}`);
    return response;
  }

  /** The next response, without its length; rejects when the connection ends before it. */
  async nextFrame(): Promise<Buffer> {
    while (this.#frames.length === 0) {
      if (this.#ended) throw new Error('the connection ended before the answer');
      await this.#change();
    }
    return this.#frames.shift()!;
  }

  /** Waits for the broker to end the connection; gives the responses that came before and nobody took. */
  async untilEnd(): Promise<Buffer[]> {
    while (!this.#ended) await this.#change();
    return this.#frames.splice(0);
  }

  /** The batches of partition 0 from `offset` on, as they lie in the log. */
  async batches(topic: string, offset = 0): Promise<RecordBatch[]> {
    const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: MAX_BYTES }];
    const { responses } = await this.ask(Fetch, FETCH_VERSION, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes: MAX_BYTES },
      topics: [{ topic, partitions }],
    });
    return [...batchesIn(responses[0]!.partitions[0]!.records ?? Buffer.alloc(0))];
  }

  #receive(chunk: Buffer): void {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    while (this.#restBytes >= 4) {
      if (this.#rest[0]!.length < 4) this.#rest = [Buffer.concat(this.#rest)];
      const size = 4 + this.#rest[0]!.readInt32BE(0);
      if (this.#restBytes < size) break;
      const all = Buffer.concat(this.#rest);
      this.#frames.push(all.subarray(4, size));
      this.#rest = [all.subarray(size)];
      this.#restBytes -= size;
    }
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise(resolve => (this.#wake = resolve));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
