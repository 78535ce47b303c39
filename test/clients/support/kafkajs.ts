import { createRequire } from 'node:module';
import kafkajs, { type IHeaders, type Kafka as KafkaClient, type KafkaConfig } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress, uncompress } from 'snappy';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
const require = createRequire(import.meta.url);

interface Encoder {
  readonly buffer: Buffer;
}

// What kafkajs-snappy and kafkajs-lz4 do: kafkajs itself brings gzip alone.
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: ({ buffer }: Encoder) => compress(buffer),
  decompress: (buffer: Buffer) => uncompress(buffer, { asBuffer: true }),
});
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }: Encoder) => compressFrame(buffer),
  decompress: (buffer: Buffer) => decompressFrame(buffer),
});

const QUICK = { initialRetryTime: 30, maxRetryTime: 200, retries: 20 };

export function kafkaJs(bootstrap: string, config: Partial<KafkaConfig> = {}): KafkaClient {
  const fixed = { clientId: 'hexlog-test', brokers: [bootstrap], logLevel: logLevel.NOTHING };
  return new Kafka({ ...fixed, retry: QUICK, ...config });
}

/** A record as kafkajs decodes it. */
export interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
}

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly messages: readonly FetchedRecord[];
}

interface InnerBroker {
  fetch(options: object): Promise<{
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
  }>;
}

interface InnerCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findBroker(node: { nodeId: string }): Promise<InnerBroker>;
}

const MAX_BYTES = 10_000_000;
/** Longer than any test here may take: a reader that is not woken fails it. */
const LONG_POLL_MS = 40_000;

/** kafkajs consumes in groups alone, so this reads with the parts that its consumers are made of. */
export class KafkaJsReader {
  readonly #cluster: InnerCluster;

  constructor(bootstrap: string) {
    const Cluster = require('kafkajs/src/cluster') as new (options: object) => InnerCluster;
    const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown;
    const { createLogger } = require('kafkajs/src/loggers') as {
      readonly createLogger: (options: object) => unknown;
    };
    const silent = (): (() => void) => () => {};
    this.#cluster = new Cluster({
      logger: createLogger({ level: logLevel.NOTHING, logCreator: silent }),
      socketFactory: socketFactory(),
      brokers: () => [bootstrap],
      ...{ clientId: 'reader', connectionTimeout: 5000, authenticationTimeout: 5000 },
      ...{
        reauthenticationThreshold: 5000,
        requestTimeout: 2 * LONG_POLL_MS,
        metadataMaxAge: 60_000,
      },
      ...{ allowAutoTopicCreation: false, retry: QUICK, isolationLevel: 0 },
    });
  }

  /** All records of a partition from an offset on; waits at the end until `count` have come. */
  async read(
    topic: string,
    { partition = 0, offset = 0, count = 0 }: Partial<Record<string, number>> = {},
  ): Promise<FetchedRecord[]> {
    await this.#cluster.connect();
    await this.#cluster.addTargetTopic(topic);
    const broker = await this.#cluster.findBroker({ nodeId: '1' });
    const records: FetchedRecord[] = [];
    for (;;) {
      const next = Number(records.at(-1)?.offset ?? offset - 1) + 1;
      const wanted = { partition, fetchOffset: String(next), maxBytes: MAX_BYTES };
      const limits = {
        maxWaitTime: count > 0 ? LONG_POLL_MS : 0,
        minBytes: 1,
        maxBytes: MAX_BYTES,
      };
      const topics = [{ topic, partitions: [wanted] }];
      const { responses } = await broker.fetch({ replicaId: -1, ...limits, topics });
      const { messages } = responses[0]!.partitions[0]!;
      // A batch is given whole, even when the offset lies in its middle.
      records.push(...messages.filter(record => Number(record.offset) >= next));
      if (count > 0 ? records.length >= count : messages.length === 0) return records;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.disconnect();
  }
}
