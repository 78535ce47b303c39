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

/** Speaks single requests over one connection, one at a time: for what no client lets a test say or see. */
export class RawClient {
  readonly #socket: Socket;
  #correlationId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Asks in one version; rejects when the connection ends before the answer. */
  async ask<A extends Api>(
    api: A,
    apiVersion: number,
    request: Writes<A['request']>,
  ): Promise<Reads<A['response']>> {
    const writer = new WireWriter();
    const correlationId = ++this.#correlationId;
    writeRequestHeader(writer, api, { apiVersion, correlationId, clientId: 'raw' });
    api.request.at(apiVersion).write(writer, request);
    const frame = Buffer.concat(writer.take());
    const length = Buffer.alloc(4);
    length.writeInt32BE(frame.length);
    this.#socket.write(Buffer.concat([length, frame]));
    const reader = new WireReader().reset(await this.#frame());
    const answered = readResponseHeader(reader, api, apiVersion);
    if (answered !== correlationId) throw new Error(`asked ${correlationId}, answered ${answered}`);
    return api.response.at(apiVersion).read(reader) as Reads<A['response']>;
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

  async #frame(): Promise<Buffer> {
    let bytes = Buffer.alloc(0);
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      if (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) return bytes.subarray(4);
    }
    throw new Error('the connection ended before the answer');
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
