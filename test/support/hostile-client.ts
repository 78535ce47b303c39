import { expect } from 'vitest';
import { CreateTopics } from '../../src/adapters/transport/kafka/messages/create-topics.ts';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import type { StartOptions } from '../../src/main/start-broker.ts';
import { batch, valuesIn } from './broker-core.ts';
import { testBroker, type TestBroker } from './broker.ts';
import { framed, RawClient } from './raw-client.ts';
import { RecordingLogger } from './recording-logger.ts';

/** What a produced partition is answered with. */
type PartitionAnswer = Awaited<ReturnType<HostileClient['produce']>>;

/** A broker with one topic, and clients that mean it no good. */
export class HostileClient {
  readonly logger: RecordingLogger;
  readonly raw: RawClient;
  readonly #broker: TestBroker;

  constructor(broker: TestBroker, raw: RawClient, logger: RecordingLogger) {
    this.#broker = broker;
    this.raw = raw;
    this.logger = logger;
  }

  get port(): number {
    return this.#broker.port;
  }

  /** Why connections were closed. */
  get reasons(): string[] {
    return this.logger.lines
      .filter(({ message }) => message === 'connection closed')
      .map(({ facts }) => String(facts['reason']));
  }

  async createTopic(name: string, configs: Record<string, string> = {}): Promise<number> {
    const { topics } = await this.raw.ask(CreateTopics, 5, {
      topics: [
        {
          ...{ name, numPartitions: 1, replicationFactor: 1, assignments: [] },
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 1000,
    });
    return topics[0]!.errorCode;
  }

  /** Produces bytes to a partition, `orders` 0 unless told otherwise. */
  async produce(
    records: Buffer | null,
    given: { topic?: string; partition?: number; acks?: number; version?: number } = {},
  ) {
    const { topic = 'orders', partition = 0, acks = -1, version = 9 } = given;
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
    const request = { acks, timeoutMs: 5000, topicData };
    const { responses } = await this.raw.ask(Produce, version, request);
    return responses[0]!.partitionResponses[0]!;
  }

  /** The error of each produce request, one after the other. */
  async errorsOf(...records: Buffer[]): Promise<number[]> {
    const answers: PartitionAnswer[] = [];
    for (const bytes of records) answers.push(await this.produce(bytes));
    return answers.map(({ errorCode }) => errorCode);
  }

  /** Sends bytes as one frame, which the broker must answer by closing the connection, with one line of log and no answer. */
  async expectClosed(frame: Buffer, reason: RegExp): Promise<void> {
    await this.expectBytesClose(framed(frame), reason);
  }

  async expectBytesClose(bytes: Buffer, reason: RegExp): Promise<void> {
    const before = this.logger.lines.length;
    this.raw.send(bytes);
    expect(await this.raw.untilEnd()).toEqual([]);
    expect(this.logger.lines.slice(before).map(({ message }) => message)).toEqual([
      'connection closed',
    ]);
    expect(this.reasons.at(-1)).toMatch(reason);
  }

  /** Another client produces and reads back what it wrote. */
  async expectHealthy(): Promise<void> {
    using healthy = await RawClient.connect(this.port);
    const client = new HostileClient(this.#broker, healthy, this.logger);
    const value = `healthy ${Math.random()}`;
    await client.createTopic('health');
    const { errorCode, baseOffset } = await client.produce(batch([value]), { topic: 'health' });
    expect(errorCode).toBe(0);
    const { responses } = await healthy.ask(Fetch, 12, {
      ...{ maxWaitMs: 1000, minBytes: 1 },
      topics: [
        {
          topic: 'health',
          partitions: [{ partition: 0, fetchOffset: baseOffset, partitionMaxBytes: 1_000_000 }],
        },
      ],
    });
    expect(valuesIn(responses[0]!.partitions[0]!.records!)).toEqual([value]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.raw[Symbol.dispose]();
    await this.#broker[Symbol.asyncDispose]();
  }
}

/** A broker of its own with the topic `orders`, for one test. */
export async function hostileClient(options: StartOptions = {}): Promise<HostileClient> {
  const logger = new RecordingLogger();
  const broker = await testBroker({ logger, ...options });
  const client = new HostileClient(broker, await RawClient.connect(broker.port), logger);
  expect(await client.createTopic('orders')).toBe(0);
  return client;
}
