import type { Socket } from 'node:net';
import { BufferPool } from '../buffer-pool.ts';
import { FrameReader } from '../frame-reader.ts';
import { ApiVersions } from '../messages/api-versions.ts';
import type { Fields } from '../wire/field.ts';
import { readResponseHeader, writeRequestHeader } from '../wire/headers.ts';
import { WireReader } from '../wire/reader.ts';
import type { Api, Message, Read, Write } from '../wire/schema.ts';
import { WireWriter } from '../wire/writer.ts';
import { addressText, type Address } from './address.ts';
import { ClientError } from './client-error.ts';
import { openSocket } from './open-socket.ts';

/** An API whose two sides are typed. */
export type Typed<Q extends Fields, S extends Fields> = Api & {
  readonly request: Message<Q>;
  readonly response: Message<S>;
};
/** What is asked, or how it is said in the version that was agreed on. */
export type Body<Q extends Fields> = Write<Q> | ((version: number) => Write<Q>);

export interface ClientOptions {
  readonly clientId: string;
  /** For connecting, and for each answer. */
  readonly timeoutMs: number;
}

interface Waiting {
  readonly api: Api;
  readonly version: number;
  readonly resolve: (response: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const POOL_BYTES = 4 * 1024 * 1024;
const RESPONSE_BYTES_MAX = 512 * 1024 * 1024;
/** Every broker since Kafka 0.10 answers this version, so that nothing has to be guessed. */
const FIRST_VERSION = 0;
const CORRELATION_ID_MASK = 0x7fff_ffff;

/**
 * One connection to one broker of any make: versions are agreed on with ApiVersions, the highest that both sides speak. Once
 * anything is wrong with the connection, every request on it fails with that ClientError.
 */
export class KafkaClient {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #options: ClientOptions;
  readonly #writer = new WireWriter();
  readonly #reader = new WireReader();
  readonly #waiting = new Map<number, Waiting>();
  #served = new Map<number, { readonly minVersion: number; readonly maxVersion: number }>();
  #correlationId = 0;
  #failure: ClientError | null = null;

  private constructor(socket: Socket, address: Address, options: ClientOptions) {
    this.#socket = socket;
    this.address = address;
    this.#options = options;
    // A frame is lent; what is read from a response is views that live on, so it is copied.
    const frames = new FrameReader(
      RESPONSE_BYTES_MAX,
      new BufferPool(POOL_BYTES),
      (buffer, start, end) => this.#receive(Buffer.from(buffer.subarray(start, end))),
    );
    socket.on('data', chunk => this.#guard(() => frames.push(chunk)));
    socket.on('error', ({ message }) => this.#fail('closed', `lost the connection: ${message}`));
    socket.on('close', () => this.#fail('closed', 'closed the connection'));
  }

  /** Connects and agrees on versions; rejects with ClientError. */
  static async connect(address: Address, options: ClientOptions): Promise<KafkaClient> {
    const socket = await openSocket(address, options.timeoutMs);
    const client = new KafkaClient(socket, address, options);
    try {
      const { apiKeys } = await client.#call(ApiVersions, FIRST_VERSION, {});
      client.#served = new Map(apiKeys.map(range => [range.apiKey, range]));
      return client;
    } catch (error) {
      client.#socket.destroy();
      throw error;
    }
  }

  /** The version that requests of this API are sent in; throws `unsupported` if there is none. */
  versionOf(api: Api): number {
    const range = this.#served.get(api.key);
    const version = Math.min(range?.maxVersion ?? -1, api.request.maxVersion);
    if (range && version >= Math.max(range.minVersion, api.request.minVersion)) return version;
    const message = `${addressText(this.address)} serves no version of ${api.name} that this client speaks`;
    throw new ClientError('unsupported', message);
  }

  /** Sends a request and gives its answer. Answers may be awaited out of order. */
  async request<Q extends Fields, S extends Fields>(
    api: Typed<Q, S>,
    body: Body<Q>,
  ): Promise<Read<S>> {
    const version = this.versionOf(api);
    return this.#call(api, version, bodyAt(body, version));
  }

  /** Sends a request that is never answered (Produce with acks 0); resolves when the operating system has it. */
  async send<Q extends Fields, S extends Fields>(api: Typed<Q, S>, body: Body<Q>): Promise<void> {
    if (this.#failure) throw this.#failure;
    const version = this.versionOf(api);
    this.#encode(api, version, bodyAt(body, version));
    await new Promise<void>((resolve, reject) => {
      this.#transmit(error => (error ? reject(this.#failure ?? error) : resolve()));
    });
  }

  /** Lets what was sent leave, then closes. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>(resolve => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroySoon();
    });
  }

  #call<Q extends Fields, S extends Fields>(
    api: Typed<Q, S>,
    version: number,
    body: Write<Q>,
  ): Promise<Read<S>> {
    if (this.#failure) return Promise.reject(this.#failure);
    const correlationId = this.#encode(api, version, body);
    const { timeoutMs } = this.#options;
    return new Promise<Read<S>>((resolve, reject) => {
      const late = (): void =>
        this.#fail('timed-out', `gave no answer to ${api.name} within ${timeoutMs} ms`);
      const timer = setTimeout(late, timeoutMs);
      this.#waiting.set(correlationId, { api, version, resolve, reject, timer });
      this.#transmit();
    });
  }

  #encode<Q extends Fields>(
    api: Api & { request: Message<Q> },
    apiVersion: number,
    body: Write<Q>,
  ): number {
    const correlationId = (this.#correlationId = (this.#correlationId + 1) & CORRELATION_ID_MASK);
    const { clientId } = this.#options;
    this.#writer.beginFrame();
    try {
      writeRequestHeader(this.#writer, api, { apiVersion, correlationId, clientId });
      api.request.at(apiVersion).write(this.#writer, body);
      this.#writer.endFrame();
    } catch (error) {
      this.#writer.abandonFrame();
      throw error;
    }
    return correlationId;
  }

  #transmit(sent: (error?: Error | null) => void = () => {}): void {
    const pieces = this.#writer.take();
    const last = pieces.pop()!;
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.write(last, sent);
    this.#socket.uncork();
  }

  #receive(frame: Buffer): void {
    const reader = this.#reader.reset(frame);
    const correlationId = reader.int32();
    const waiting = this.#waiting.get(correlationId);
    if (waiting === undefined) return this.#fail('protocol', 'answered what was not asked');
    const { api, version, resolve, timer } = waiting;
    readResponseHeader(reader.reset(frame), api, version);
    const response = api.response.at(version).read(reader);
    this.#waiting.delete(correlationId);
    clearTimeout(timer);
    resolve(response as never);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(
        'protocol',
        `does not answer as a Kafka broker does (${(error as Error).message})`,
      );
    }
  }

  #fail(code: 'closed' | 'timed-out' | 'protocol', what: string): void {
    this.#failure ??= new ClientError(code, `${addressText(this.address)} ${what}`);
    this.#socket.destroy();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#failure);
    }
    this.#waiting.clear();
  }
}

function bodyAt<Q extends Fields>(body: Body<Q>, version: number): Write<Q> {
  return typeof body === 'function' ? body(version) : body;
}
