import { crc32c } from '@node-rs/crc32';
import { ClientError } from '../../src/adapters/transport/kafka/client/client-error.ts';
import type { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { ERROR_CODES } from '../../src/adapters/transport/kafka/messages/error-codes.ts';
import { InitProducerId } from '../../src/adapters/transport/kafka/messages/init-producer-id.ts';
import { Produce } from '../../src/adapters/transport/kafka/messages/produce.ts';
import { buildBatch } from '../../src/domain/model/log/batch-builder.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface NumberedProducerOptions {
  readonly name: string;
  readonly topic: { readonly name: string; readonly topicId: string };
  readonly partition: number;
  readonly acks: -1 | 1;
  readonly idempotent: boolean;
  readonly random: SeededRandom;
}

/** Records `first` to `first + count - 1` of one producer. */
export interface NumberedBatch {
  readonly first: number;
  readonly count: number;
}

/** A batch that the broker has acknowledged, and where it said that it lies. */
export interface AcknowledgedBatch extends NumberedBatch {
  readonly baseOffset: number;
}

interface SentBatch extends NumberedBatch {
  readonly bytes: Buffer;
}

/** The most that a broker tells apart from new batches of one producer (Kafka's ProducerStateEntry). */
const IN_FLIGHT_MAX = 5;
const TIMEOUT_MS = 30_000;

/**
 * Writes numbered records to one partition with several batches in flight, and knows which were acknowledged. An idempotent one
 * sends what was not again on its next connection; another one leaves it at that, so that it may be there or not.
 */
export class NumberedProducer {
  readonly options: NumberedProducerOptions;
  readonly acknowledged: AcknowledgedBatch[] = [];
  /** The number of the next record: every one below it was sent. */
  next = 0;
  #identity: { readonly id: number; readonly epoch: number } | null = null;
  #unanswered: SentBatch[] = [];
  #answers = new Set<Promise<void>>();

  constructor(options: NumberedProducerOptions) {
    this.options = options;
  }

  get inFlight(): number {
    return this.#unanswered.length;
  }

  /** Goes on until the connection ends; throws when the broker refuses what it should take. */
  async run(client: KafkaClient): Promise<void> {
    try {
      await this.#begin(client);
      for (;;) await this.#sendMore(client);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'closed') throw error;
    }
  }

  /** Sends again what an idempotent producer has no answer to, and resolves when all is answered. */
  async settle(client: KafkaClient): Promise<void> {
    await this.#begin(client);
    await Promise.all(this.#answers);
  }

  async #begin(client: KafkaClient): Promise<void> {
    const unanswered = this.#unanswered;
    this.#unanswered = [];
    this.#answers = new Set();
    if (!this.options.idempotent) return;
    this.#identity ??= await newIdentity(client);
    for (const batch of unanswered) this.#send(client, batch);
  }

  async #sendMore(client: KafkaClient): Promise<void> {
    while (this.inFlight < IN_FLIGHT_MAX) this.#send(client, this.#newBatch());
    await Promise.race(this.#answers);
  }

  #send(client: KafkaClient, batch: SentBatch): void {
    this.#unanswered.push(batch);
    const answer = this.#sendAndHear(client, batch);
    answer.catch(() => undefined);
    this.#answers.add(answer);
    void answer.then(() => this.#answers.delete(answer)).catch(() => undefined);
  }

  async #sendAndHear(client: KafkaClient, batch: SentBatch): Promise<void> {
    const { topic, partition, acks, name } = this.options;
    const partitionData = [{ index: partition, records: batch.bytes }];
    const { responses } = await client.request(Produce, {
      ...{ acks, timeoutMs: TIMEOUT_MS },
      topicData: [{ ...topic, partitionData }],
    });
    const { errorCode, baseOffset, errorMessage } = responses[0]!.partitionResponses[0]!;
    // A broker that is stopping gives up its logs: the same as a lost connection.
    if (errorCode === ERROR_CODES.NOT_LEADER_OR_FOLLOWER) throw new ClientError('closed', 'stops');
    if (errorCode !== 0) throw new Error(`${name} was refused: ${errorCode} ${errorMessage}`);
    this.#unanswered = this.#unanswered.filter(sent => sent !== batch);
    this.acknowledged.push({ first: batch.first, count: batch.count, baseOffset });
  }

  #newBatch(): SentBatch {
    const { random, name } = this.options;
    const first = this.next;
    const count = 1 + random.integer(4);
    const padding = Buffer.alloc(random.pick([0, 100, 1000, 20_000]));
    const records = Array.from({ length: count }, (_, at) => ({
      key: Buffer.from(`${name} ${first + at}`),
      value: padding,
    }));
    const identity = this.#identity;
    const fields = identity === null ? {} : { producer: { ...identity, baseSequence: first } };
    const { bytes } = buildBatch(records, fields, crc32c);
    this.next += count;
    return { first, count, bytes };
  }
}

async function newIdentity(client: KafkaClient): Promise<{ id: number; epoch: number }> {
  const answer = await client.request(InitProducerId, {
    transactionalId: null,
    transactionTimeoutMs: TIMEOUT_MS,
  });
  if (answer.errorCode !== 0) throw new Error(`no producer id: ${answer.errorCode}`);
  return { id: answer.producerId, epoch: answer.producerEpoch };
}
