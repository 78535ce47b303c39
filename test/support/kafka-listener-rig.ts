import {
  KafkaListener,
  type KafkaListenerOptions,
} from '../../src/adapters/transport/kafka/kafka-listener.ts';
import {
  ApiVersions,
  type ApiVersionsResponse,
} from '../../src/adapters/transport/kafka/messages/api-versions.ts';
import {
  Produce,
  type ProduceRequest,
  type ProduceResponse,
} from '../../src/adapters/transport/kafka/messages/produce.ts';
import {
  ApiRegistry,
  serve,
  type RequestContext,
  type ServedApi,
} from '../../src/adapters/transport/kafka/registry.ts';
import { encodeRequest, RawClient } from './raw-client.ts';
import { RecordingLogger } from './recording-logger.ts';

/** A listener over handlers of a test, with clients that go when it does. */
export class KafkaListenerRig {
  readonly logger = new RecordingLogger();
  readonly listener: KafkaListener;
  readonly #clients: RawClient[] = [];
  port = 0;

  constructor(served: readonly ServedApi[], options: Partial<KafkaListenerOptions>) {
    this.listener = new KafkaListener({
      host: '127.0.0.1',
      port: 0,
      registry: new ApiRegistry().add(...served),
      logger: this.logger,
      maxRequestBytes: 100 * 1024 * 1024,
      maxConnections: () => 100,
      maxIdleMs: 600_000,
      drainMs: 100,
      ...options,
    });
  }

  async client(allowHalfOpen = false): Promise<RawClient> {
    const client = await RawClient.connect(this.port, allowHalfOpen);
    this.#clients.push(client);
    return client;
  }

  /** What was said of closed connections. */
  get reasons(): unknown[] {
    return this.logger.lines
      .filter(({ message }) => message === 'connection closed')
      .map(({ facts }) => facts['reason']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.listener.stop();
  }
}

export async function kafkaListenerRig(
  served: readonly ServedApi[],
  options: Partial<KafkaListenerOptions> = {},
): Promise<KafkaListenerRig> {
  const rig = new KafkaListenerRig(served, options);
  rig.port = (await rig.listener.start()).port;
  return rig;
}

/** One request that a handler holds until the test answers it. */
export interface Held<Request, Response> {
  readonly request: Request;
  readonly context: RequestContext;
  answer(response: Response | null): void;
  fail(error: unknown): void;
}

/** Requests in the order in which their handlers began, each held until the test answers it. */
export class HeldRequests<Request, Response> {
  readonly begun: Held<Request, Response>[] = [];
  #wake: () => void = () => {};

  readonly handle = (request: Request, context: RequestContext): Promise<Response | null> =>
    new Promise((answer, fail) => {
      this.begun.push({ request, context, answer, fail });
      this.#wake();
    });

  async until(count: number): Promise<void> {
    while (this.begun.length < count) await new Promise<void>(resolve => (this.#wake = resolve));
  }
}

export const heldProduce = (): HeldRequests<ProduceRequest, ProduceResponse> & {
  served: ServedApi;
} => {
  const held = new HeldRequests<ProduceRequest, ProduceResponse>();
  return Object.assign(held, { served: serve(Produce, held.handle) });
};

export const heldApiVersions = (): HeldRequests<unknown, ApiVersionsResponse> & {
  served: ServedApi;
} => {
  const held = new HeldRequests<unknown, ApiVersionsResponse>();
  return Object.assign(held, { served: serve(ApiVersions, held.handle) });
};

/** Answers at once, with nothing. */
export const promptApiVersions: ServedApi = serve(ApiVersions, () => ({
  errorCode: 0,
  apiKeys: [],
}));

/** A Produce request with these bytes as its records. */
export function produceOf(records: Buffer, correlationId = 1, acks = 1): Buffer {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }];
  return encodeRequest(
    Produce,
    9,
    { transactionalId: null, acks, timeoutMs: 1000, topicData },
    correlationId,
  );
}

export function apiVersionsOf(correlationId = 1): Buffer {
  return encodeRequest(ApiVersions, 0, {}, correlationId);
}

export const recordsOf = ({ topicData }: ProduceRequest): Buffer =>
  topicData[0]!.partitionData[0]!.records!;
