import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { HttpListener } from '../../src/adapters/transport/http/http-listener.ts';
import type { HttpParts } from '../../src/adapters/transport/http/http-parts.ts';
import { RecordsCore } from './records-core.ts';
import { RecordingLogger } from './recording-logger.ts';

/** One event, as a reader gets it. */
export interface TailEvent {
  readonly event: string;
  readonly id: string;
  readonly data: never;
}

/** Live reading over HTTP, over the real use cases in virtual time, with readers that go when it does. */
export class TailRig {
  readonly logger = new RecordingLogger();
  readonly records: RecordsCore;
  readonly listener: HttpListener;
  /** The listener's ends of all connections. */
  readonly sockets: Socket[] = [];
  readonly #cleanups: (() => void)[] = [];
  port = 0;

  constructor(records: RecordsCore) {
    this.records = records;
    this.listener = new HttpListener({
      ...{ host: '127.0.0.1', port: 0, names: [], maxConnections: 1000, drainMs: 2000 },
      logger: this.logger,
    });
  }

  readonly note = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort === this.port) this.sockets.push(socket);
  };

  /** Every other route is there too, but has no use cases to drive. */
  async start(): Promise<void> {
    const { time } = this.records.core;
    const parts = { useCases: this.records, logger: this.logger, clock: time, timers: time };
    subscribe('net.server.socket', this.note);
    this.port = (await this.listener.start()).port;
    const all = { ...parts, maxBodyBytes: 1024, metricsPage: {}, totals: {}, facts: {} };
    await this.listener.prepare(all as unknown as Omit<HttpParts, 'stopping'>);
    this.listener.serve();
  }

  /** Reads server-sent events. */
  async events(path: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const request = httpRequest({ host: '127.0.0.1', port: this.port, path, headers });
    this.#cleanups.push(() => request.destroy());
    request.on('error', () => {});
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new EventReader(response);
  }

  /** Reads messages, or says with which status that is refused. */
  async webSocket(path: string, headers: Record<string, string> = {}): Promise<MessageReader> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, { headers });
    this.#cleanups.push(() => socket.terminate());
    const reader = new MessageReader(socket);
    await reader.opened;
    return reader;
  }

  async status(path: string): Promise<[number, { error_code: number; message: string }]> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return [response.status, (await response.json()) as { error_code: number; message: string }];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe('net.server.socket', this.note);
    for (const cleanup of this.#cleanups) cleanup();
    await this.listener.stop();
  }
}

export async function tailRig(): Promise<TailRig> {
  const rig = new TailRig(await RecordsCore.start());
  await rig.start();
  return rig;
}

/** What came and was not asked for yet. */
class Inbox<T> {
  readonly #items: T[] = [];
  #hasEnded = false;
  #wake = (): void => {};

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }
  /** Null when no more comes. */
  async next(): Promise<T | null> {
    while (this.#items.length === 0 && !this.#hasEnded) {
      await new Promise<void>(resolve => (this.#wake = resolve));
    }
    return this.#items.shift() ?? null;
  }
}

/** A reader of either kind. */
export interface Reader {
  /** Of the answer that the stream began with. */
  readonly status: number;
  next(): Promise<TailEvent | null>;
  pause(): void;
  resume(): void;
  /** Goes without a word. */
  leave(): void;
}

/** The next so many, each in a word: a record is its value's data. */
export async function take(reader: Reader, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  while (taken.length < count) taken.push(brief(await reader.next()));
  return taken;
}

export function brief(event: TailEvent | null): unknown {
  if (event === null) return null;
  return event.event === 'record'
    ? (event.data as { value: { data: unknown } }).value.data
    : event.event;
}

export class EventReader implements Reader {
  readonly response: IncomingMessage;
  readonly comments: string[] = [];
  readonly #inbox = new Inbox<TailEvent>();
  #text = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    response.on('error', () => {});
    response.on('close', () => this.#inbox.end());
  }

  get status(): number {
    return this.response.statusCode!;
  }
  next(): Promise<TailEvent | null> {
    return this.#inbox.next();
  }
  pause(): void {
    this.response.pause();
  }
  resume(): void {
    this.response.resume();
  }
  leave(): void {
    this.response.destroy();
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop()!;
    for (const block of blocks) this.#block(block.split('\n'));
  }

  #block(lines: string[]): void {
    const field = (name: string): string | undefined =>
      lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const data = field('data');
    if (data === undefined) return void this.comments.push(...lines);
    const event = field('event') ?? 'record';
    this.#inbox.put({ event, id: field('id') ?? '', data: JSON.parse(data) as never });
  }
}

export class MessageReader implements Reader {
  readonly status = 101;
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  /** The code and the reason with which it was closed. */
  readonly closed: Promise<[number, string]>;
  pings = 0;
  readonly #inbox = new Inbox<TailEvent>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) =>
      this.#inbox.put(JSON.parse(data.toString('utf8')) as TailEvent),
    );
    socket.on('ping', () => (this.pings += 1));
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => {
        this.#inbox.end();
        resolve([code, reason.toString()]);
      });
    });
    this.opened = new Promise((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
    });
  }

  next(): Promise<TailEvent | null> {
    return this.#inbox.next();
  }
  pause(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
  leave(): void {
    this.socket.terminate();
  }
}
