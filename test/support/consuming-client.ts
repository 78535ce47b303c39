import { expect } from 'vitest';
import { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { Metadata } from '../../src/adapters/transport/kafka/messages/metadata.ts';
import { OffsetCommit } from '../../src/adapters/transport/kafka/messages/offset-commit.ts';
import { OffsetFetch } from '../../src/adapters/transport/kafka/messages/offset-fetch.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { batch, valuesIn } from './broker-core.ts';

const GROUP = 'readers';
const LOADING = 14;
const FETCH_BYTES = 100_000_000;

/** Produces to, reads, and commits offsets of topics of one partition, which come when they are first used. */
export class ConsumingClient implements AsyncDisposable {
  readonly #client: KafkaClient;
  readonly #ids = new Map<string, string>();

  private constructor(client: KafkaClient) {
    this.#client = client;
  }

  static async connect(port: number): Promise<ConsumingClient> {
    const options = { clientId: 'consuming', timeoutMs: 30_000 };
    return new ConsumingClient(await KafkaClient.connect({ host: '127.0.0.1', port }, options));
  }

  /** Produces batches of one value of so many bytes; gives the end offset. */
  async produce(topic: string, count: number, bytes: number): Promise<number> {
    const ids = { name: topic, topicId: await this.#idOf(topic) };
    let end = 0;
    for (let at = 0; at < count; at++) {
      const records = batch([String(at).padEnd(bytes, '.')]);
      const { responses } = await this.#client.request(Produce, {
        ...{ acks: -1, timeoutMs: 30_000 },
        topicData: [{ ...ids, partitionData: [{ index: 0, records }] }],
      });
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
      expect(errorCode).toBe(0);
      end = baseOffset + 1;
    }
    return end;
  }

  async values(topic: string): Promise<string[]> {
    const values: string[] = [];
    const ids = { topic, topicId: await this.#idOf(topic) };
    for (;;) {
      const partitions = [
        { partition: 0, fetchOffset: values.length, partitionMaxBytes: FETCH_BYTES },
      ];
      const { responses } = await this.#client.request(Fetch, {
        ...{ maxWaitMs: 0, minBytes: 0, maxBytes: FETCH_BYTES },
        topics: [{ ...ids, partitions }],
      });
      const found = valuesIn(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0));
      if (found.length === 0) return values;
      values.push(...found);
    }
  }

  async commit(topic: string, committedOffset: number): Promise<void> {
    const topicId = await this.#idOf(topic);
    const partition = { partitionIndex: 0, committedOffset, committedMetadata: null };
    const { topics } = await this.#client.request(OffsetCommit, {
      ...{ groupId: GROUP, generationIdOrMemberEpoch: -1, memberId: '' },
      topics: [{ name: topic, topicId, partitions: [partition] }],
    });
    const { errorCode } = topics[0]!.partitions[0]!;
    if (errorCode === LOADING) return this.commit(topic, committedOffset);
    expect(errorCode).toBe(0);
  }

  /** What the group has committed; -1 if nothing. */
  async committed(topic: string): Promise<number> {
    const topicId = await this.#idOf(topic);
    const topics = [{ name: topic, topicId, partitionIndexes: [0] }];
    const request = { groups: [{ groupId: GROUP, topics }], requireStable: true };
    const { groups } = await this.#client.request(OffsetFetch, request);
    const { errorCode, topics: answered } = groups[0]!;
    if (errorCode === LOADING) return this.committed(topic);
    expect(errorCode).toBe(0);
    return answered[0]!.partitions[0]!.committedOffset;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }

  async #idOf(topic: string): Promise<string> {
    const known = this.#ids.get(topic);
    if (known !== undefined) return known;
    const request = { topics: [{ name: topic }], allowAutoTopicCreation: true };
    const { topics } = await this.#client.request(Metadata, request);
    const { errorCode, topicId } = topics[0]!;
    if (errorCode !== 0) return this.#idOf(topic);
    this.#ids.set(topic, topicId);
    return topicId;
  }
}
