import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { Crc32c } from '../src/adapters/runtime/crc32c.ts';
import { BufferPool } from '../src/adapters/transport/kafka/buffer-pool.ts';
import { FrameReader } from '../src/adapters/transport/kafka/frame-reader.ts';
import { CreateTopics } from '../src/adapters/transport/kafka/messages/create-topics.ts';
import { Fetch } from '../src/adapters/transport/kafka/messages/fetch.ts';
import { Produce } from '../src/adapters/transport/kafka/messages/produce.ts';
import {
  readResponseHeader,
  writeRequestHeader,
} from '../src/adapters/transport/kafka/wire/headers.ts';
import { WireReader } from '../src/adapters/transport/kafka/wire/reader.ts';
import type { Api, Message, Reads, Writes } from '../src/adapters/transport/kafka/wire/schema.ts';
import { WireWriter } from '../src/adapters/transport/kafka/wire/writer.ts';
import { buildBatch } from '../src/domain/model/log/batch-builder.ts';

const checksum = new Crc32c();
const RESPONSE_BYTES_MAX = 512 * 1024 * 1024;

/** An API whose two sides are typed. */
export type ApiOf<Q extends Message, S extends Message> = Api & {
  readonly request: Q;
  readonly response: S;
};

/** One request as bytes, to be sent any number of times. */
export function encodeRequest<Q extends Message, S extends Message>(
  api: ApiOf<Q, S>,
  apiVersion: number,
  body: Writes<Q>,
): Buffer {
  const writer = new WireWriter();
  writer.beginFrame();
  writeRequestHeader(writer, api, { apiVersion, correlationId: 1, clientId: 'bench' });
  api.request.at(apiVersion).write(writer, body);
  writer.endFrame();
  return Buffer.concat(writer.take());
}

/** A Produce request with one batch of one record, about `batchBytes` in all. */
export function produceRequest(topic: string, batchBytes: number, acks: number): Buffer {
  const value = Buffer.alloc(Math.max(1, batchBytes - 80), 'x');
  const record = { key: null, value, timestamp: Date.now() };
  const records = buildBatch([record], {}, bytes => checksum.crc32c(bytes)).bytes;
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  return encodeRequest(Produce, 9, { transactionalId: null, acks, timeoutMs: 30_000, topicData });
}

export function fetchRequest(topic: string, fetchOffset: number, maxBytes: number): Buffer {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }];
  return encodeRequest(Fetch, 12, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions }],
    rackId: '',
  });
}

interface Waiting {
  readonly take: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** One connection that sends ready-made requests, so many at a time, and looks at every response. */
export class RawClient {
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #waiting: Waiting[] = [];
  #onResponse: (frame: Buffer) => void = () => {};
  #onClose: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#frames = new FrameReader(
      RESPONSE_BYTES_MAX,
      new BufferPool(16 * 1024 * 1024),
      (buffer, start, end) => this.#onResponse(buffer.subarray(start, end)),
    );
    socket.on('data', chunk => this.#frames.push(chunk));
    socket.on('close', () => this.#onClose(new Error('the broker closed the connection')));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends the request and gives its response's frame, valid until the next one. */
  ask(request: Buffer): Promise<Buffer> {
    return this.exchange(request, frame => frame);
  }

  /** Sends the request, also while others are unanswered, and gives what `read` makes of its response's frame, which is lent. */
  exchange<T>(request: Buffer, read: (frame: Buffer) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ take: frame => resolve(read(frame)), reject });
      this.#onClose = error => this.#waiting.forEach(one => one.reject(error));
      this.#onResponse = frame => this.#waiting.shift()!.take(frame);
      this.#socket.write(request);
    });
  }

  /** Sends one request `count` times, at most `depth` unanswered at a time; `check` looks at each response. */
  pipeline(
    request: Buffer,
    count: number,
    depth: number,
    check: (frame: Buffer) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = 0;
      let answered = 0;
      const send = (): void => {
        this.#socket.cork();
        for (; sent < count && sent - answered < depth; sent++) this.#socket.write(request);
        this.#socket.uncork();
      };
      this.#onClose = reject;
      this.#onResponse = frame => {
        check(frame);
        if (++answered === count) resolve();
        else if (sent - answered <= depth / 2) send();
      };
      send();
    });
  }

  close(): void {
    this.#onClose = () => {};
    this.#socket.destroy();
  }
}

export function decodeResponse<Q extends Message, S extends Message>(
  api: ApiOf<Q, S>,
  apiVersion: number,
  frame: Buffer,
): Reads<S> {
  const reader = new WireReader().reset(frame);
  readResponseHeader(reader, api, apiVersion);
  return api.response.at(apiVersion).read(reader) as Reads<S>;
}

export async function createTopic(port: number, name: string, numPartitions = 1): Promise<void> {
  const client = await RawClient.connect(port);
  const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }];
  const body = { topics, timeoutMs: 60_000, validateOnly: false };
  const frame = await client.ask(encodeRequest(CreateTopics, 5, body));
  const { errorCode } = decodeResponse(CreateTopics, 5, frame).topics[0]!;
  if (errorCode !== 0) throw new Error(`creating ${name} failed with ${errorCode}`);
  client.close();
}
