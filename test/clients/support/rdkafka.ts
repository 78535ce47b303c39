import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';

/** A record as node-rdkafka takes and gives it. */
export interface RdRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string])[];
}

export interface RdPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export type RdRead = RdRecord & RdPlace;

export interface RdMetadata {
  readonly brokers: readonly {
    readonly id: number;
    readonly host: string;
    readonly port: number;
  }[];
  readonly topics: readonly { readonly name: string; readonly partitions: readonly object[] }[];
}

type Callback<T> = (error: RdError | null, answer: T) => void;

/** What librdkafka says when something fails: `code` is Kafka's, or negative for its own. */
export interface RdError extends Error {
  readonly code: number;
}

interface NativeClient extends EventEmitter {
  connect(options: object, done: Callback<RdMetadata>): void;
  disconnect(done: () => void): void;
  getMetadata(options: { topic?: string; timeout: number }, done: Callback<RdMetadata>): void;
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    done: Callback<{ lowOffset: number; highOffset: number }>,
  ): void;
}

interface NativeProducer extends NativeClient {
  produce(topic: string, partition: number, value: Buffer | null, ...more: unknown[]): void;
  setPollInterval(ms: number): void;
}

interface NativeConsumer extends NativeClient {
  assign(places: readonly object[]): void;
  consume(count: number, done: Callback<unknown>): void;
  setDefaultConsumeTimeout(ms: number): void;
  seek(place: RdPlace, timeoutMs: number, done: (error?: RdError) => void): void;
  offsetsForTimes(places: readonly RdPlace[], timeoutMs: number, done: Callback<RdPlace[]>): void;
}

interface NativeAdmin {
  createTopic(topic: object, timeoutMs: number, done: (error?: RdError) => void): void;
  deleteTopic(topic: string, timeoutMs: number, done: (error?: RdError) => void): void;
  createPartitions(
    topic: string,
    count: number,
    timeoutMs: number,
    done: (error?: RdError) => void,
  ): void;
  disconnect(): void;
}

interface Library {
  readonly Producer: new (config: object, topicConfig: object) => NativeProducer;
  readonly KafkaConsumer: new (config: object, topicConfig: object) => NativeConsumer;
  readonly AdminClient: { create(config: object): NativeAdmin };
  /** What it was built with, such as `zstd`. */
  readonly features: readonly string[];
}

const TIMEOUT_MS = 15_000;
/** Records taken at a time, and how long to wait for so many. */
const BITE = 1000;
const BITE_MS = 20;
const FOLDER = '../node-rdkafka/package.json';

let library: Library | null = null;

/** Loads node-rdkafka; why it cannot be used here, or null. */
export function rdkafkaAbsence(): string | null {
  try {
    library = createRequire(new URL(FOLDER, import.meta.url))('node-rdkafka') as Library;
    return null;
  } catch {
    return 'node-rdkafka is not installed: run `npm install` in test/clients/node-rdkafka';
  }
}

/** Whether this build of librdkafka can compress so. */
export function rdkafkaHas(codec: string): boolean {
  return codec === 'none' || library?.features.includes(codec) === true;
}

function settled<T>(begin: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    begin((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

function common(bootstrap: string): object {
  return { 'metadata.broker.list': bootstrap, 'broker.address.family': 'v4' };
}

export async function rdMetadata(
  client: { readonly native: NativeClient },
  topic?: string,
): Promise<RdMetadata> {
  const options = { timeout: TIMEOUT_MS, ...(topic === undefined ? {} : { topic }) };
  return settled<RdMetadata>(done => client.native.getMetadata(options, done));
}

/** Produces and waits for what the broker says of each record. */
export class RdProducer {
  readonly native: NativeProducer;

  constructor(native: NativeProducer) {
    this.native = native;
    native.on('delivery-report', (error: RdError | null, report: { opaque: Callback<number> }) => {
      report.opaque(error, (report as unknown as RdPlace).offset);
    });
  }

  static async connect(bootstrap: string, config: object = {}): Promise<RdProducer> {
    const quick = { 'topic.metadata.propagation.max.ms': 1000, 'linger.ms': 1 };
    const all = { ...common(bootstrap), dr_cb: true, ...quick, ...config };
    const native = new library!.Producer(all, {});
    await settled<RdMetadata>(done => native.connect({ timeout: TIMEOUT_MS }, done));
    native.setPollInterval(5);
    return new RdProducer(native);
  }

  /** The offset that the record was given; -1 with acks 0. */
  send(topic: string, partition: number, record: Partial<RdRecord>): Promise<number> {
    const { key = null, value = null, timestamp, headers = [] } = record;
    const named = headers.map(([name, text]) => ({ [name]: text }));
    return settled(done => {
      this.native.produce(topic, partition, value, key, timestamp, done, named);
    });
  }

  sendAll(topic: string, records: readonly Partial<RdRecord>[], partition = 0): Promise<number[]> {
    return Promise.all(records.map(record => this.send(topic, partition, record)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>(resolve => this.native.disconnect(resolve));
  }
}

/** Consumes partitions that it was assigned, without a group. */
export class RdConsumer {
  readonly native: NativeConsumer;
  readonly records: RdRead[] = [];
  readonly #events = new EventEmitter();
  readonly #ends: RdPlace[] = [];
  #closing = false;
  #failure: RdError | null = null;
  #consuming: Promise<void> = Promise.resolve();

  constructor(native: NativeConsumer) {
    this.native = native;
    native.on('data', (message: RdRead & { headers?: Record<string, Buffer>[] }) => {
      const { topic, partition, offset, key, value, timestamp } = message;
      const headers = (message.headers ?? []).flatMap(header =>
        Object.entries(header).map(([name, text]) => [name, text.toString()] as const),
      );
      this.records.push({ topic, partition, offset, key, value, timestamp, headers });
      this.#events.emit('news');
    });
    native.on('partition.eof', (place: RdPlace) => {
      this.#ends.push(place);
      this.#events.emit('news');
    });
  }

  static async connect(bootstrap: string, config: object = {}): Promise<RdConsumer> {
    const fixed = { 'group.id': 'none', 'enable.auto.commit': false, 'enable.partition.eof': true };
    const quick = { 'fetch.error.backoff.ms': 50, 'fetch.wait.max.ms': 100 };
    const all = { ...common(bootstrap), ...fixed, ...quick, ...config };
    const native = new library!.KafkaConsumer(all, { 'auto.offset.reset': 'error' });
    native.setDefaultConsumeTimeout(BITE_MS);
    await settled<RdMetadata>(done => native.connect({ timeout: TIMEOUT_MS }, done));
    return new RdConsumer(native);
  }

  /** Begins at these places; -2 is the beginning and -1 the end, as in librdkafka. */
  assign(places: readonly RdPlace[]): this {
    this.native.assign(places);
    this.#consuming = this.#consume();
    return this;
  }

  /** Resolves when `count` records have come; they are in `records`, in the order in which they came. */
  async received(count: number): Promise<readonly RdRead[]> {
    await this.#until(() => this.records.length >= count, `${count} records`);
    return this.records;
  }

  /** Resolves when the end of so many partitions was reached. */
  async reachedEnds(count = 1): Promise<readonly RdRead[]> {
    await this.#until(() => this.#ends.length >= count, `${count} ends`);
    return this.records;
  }

  async seek(place: RdPlace): Promise<void> {
    await settled<void>(done => {
      this.native.seek(place, TIMEOUT_MS, error => done(error ?? null, undefined));
    });
  }

  offsetsForTimes(places: readonly RdPlace[]): Promise<RdPlace[]> {
    return settled(done => this.native.offsetsForTimes(places, TIMEOUT_MS, done));
  }

  async watermarks(topic: string, partition = 0): Promise<[number, number]> {
    const { lowOffset, highOffset } = await settled<{ lowOffset: number; highOffset: number }>(
      done => this.native.queryWatermarkOffsets(topic, partition, TIMEOUT_MS, done),
    );
    return [lowOffset, highOffset];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    await this.#consuming;
    await new Promise<void>(resolve => this.native.disconnect(resolve));
  }

  /** Bite by bite: node-rdkafka's own loop has been seen to hang when it is disconnected. */
  async #consume(): Promise<void> {
    while (!this.#closing) {
      try {
        await settled<unknown>(done => this.native.consume(BITE, done));
      } catch (error) {
        this.#failure = error as RdError;
        this.#events.emit('news');
        return;
      }
    }
  }

  async #until(arrived: () => boolean, what: string): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    while (!arrived()) {
      if (this.#failure !== null) throw this.#failure;
      await once(this.#events, 'news', { signal }).catch(() => {
        throw new Error(`waited for ${what}, got ${this.records.length} records`);
      });
    }
  }
}

/**
 * Administers topics, one call at a time: each waits in a thread of Node's pool, and the broker of a test, which is in the same
 * process, needs a thread of it to answer.
 */
export class RdAdmin {
  readonly #native: NativeAdmin;

  constructor(bootstrap: string) {
    this.#native = library!.AdminClient.create(common(bootstrap));
  }

  create(topic: string, partitions: number, config: Record<string, string> = {}): Promise<void> {
    const wanted = { topic, num_partitions: partitions, replication_factor: 1, config };
    return new Promise((resolve, reject) => {
      this.#native.createTopic(wanted, TIMEOUT_MS, error => (error ? reject(error) : resolve()));
    });
  }

  delete(topic: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#native.deleteTopic(topic, TIMEOUT_MS, error => (error ? reject(error) : resolve()));
    });
  }

  grow(topic: string, count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: RdError): void => (error ? reject(error) : resolve());
      this.#native.createPartitions(topic, count, TIMEOUT_MS, done);
    });
  }

  [Symbol.dispose](): void {
    this.#native.disconnect();
  }
}

/** All records of a partition, from an offset to its end. */
export async function rdRead(
  bootstrap: string,
  topic: string,
  { offset = -2, partition = 0 }: { offset?: number; partition?: number } = {},
): Promise<readonly RdRead[]> {
  await using consumer = await RdConsumer.connect(bootstrap);
  return await consumer.assign([{ topic, partition, offset }]).reachedEnds();
}
