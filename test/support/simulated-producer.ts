import { crc32c } from '@node-rs/crc32';
import { expect } from 'vitest';
import { buildBatch, type ProducerFields } from '../../src/domain/model/log/batch-builder.ts';
import type { ProduceOutcome } from '../../src/domain/use-cases/produce.ts';
import type { SentLog, Sent } from './sent-log.ts';
import type { SimulatedBroker } from './simulated-broker.ts';

interface Unanswered {
  readonly sent: Sent;
  readonly bytes: Buffer;
}

export interface ProducerKind {
  readonly name: string;
  readonly idempotent: boolean;
  readonly acks: -1 | 1;
}

const IN_FLIGHT_MAX = 5;
/** What a disk's failure may be answered with. */
const DISK_ERRORS = new Set(['KAFKA_STORAGE_ERROR']);

/** Writes to one partition; an idempotent one sends again, after a restart, what it has no good answer to. */
export class SimulatedProducer {
  readonly name: string;
  readonly log: SentLog;
  readonly idempotent: boolean;
  readonly acks: -1 | 1;
  /** Answers that name a batch which was in the log already. */
  repeated = 0;
  #identity: Omit<ProducerFields, 'baseSequence'> | null = null;
  #nextSequence = 0;
  #count = 0;
  #unanswered: Unanswered[] = [];

  constructor(kind: ProducerKind, log: SentLog) {
    this.name = `${kind.name}-${log.name}`;
    this.log = log;
    this.idempotent = kind.idempotent;
    this.acks = kind.acks;
  }

  get mayAsk(): boolean {
    return !this.idempotent || this.#unanswered.length < IN_FLIGHT_MAX;
  }

  /** Gets its id where it needs one, and sends again what may have been lost. */
  async begin(broker: SimulatedBroker): Promise<Promise<void>[]> {
    const unanswered = this.#unanswered;
    this.#unanswered = [];
    if (!this.idempotent) return [];
    if (this.#identity === null) {
      const none = { transactionalId: null, producerId: -1, producerEpoch: -1 };
      const { producerId, producerEpoch } = await broker.use.initProducerId.execute(none);
      this.#identity = { id: producerId, epoch: producerEpoch };
      this.#nextSequence = 0;
    }
    return unanswered.map(each => this.#send(broker, each));
  }

  /** Its history has a hole that it was told there would not be: it goes on as another producer. */
  forget(): void {
    this.#identity = null;
    this.#unanswered = [];
  }

  /** Sends one batch; resolves when it is answered, well or not. */
  ask(broker: SimulatedBroker, batch: { count: number; bytes: number }): Promise<void> {
    const id = `${this.name} ${this.#count++}`;
    const { acks } = this;
    const { count } = batch;
    const records = Array.from({ length: count }, () => ({
      key: Buffer.from(id),
      value: Buffer.alloc(batch.bytes, this.#count),
    }));
    const identity = this.#identity;
    const baseSequence = this.#nextSequence;
    const fields = identity === null ? {} : { producer: { ...identity, baseSequence } };
    this.#nextSequence += count;
    const sent: Sent = { id, acks, acknowledgedAt: null, isSafe: false };
    return this.#send(broker, { sent, bytes: buildBatch(records, fields, crc32c).bytes });
  }

  async #send(broker: SimulatedBroker, unanswered: Unanswered): Promise<void> {
    const { sent, bytes } = unanswered;
    const { topic, partition } = this.log;
    const isThere = this.log.sent.includes(sent);
    if (!isThere) this.log.sent.push(sent);
    this.#unanswered.push(unanswered);
    const [outcome] = await broker.use.produce.execute({
      ...{ acks: sent.acks, timeoutMs: 30_000, transactionalId: null, zstdAllowed: true },
      // The broker writes the batch's place into what it is given.
      partitions: [{ topic, topicId: null, partition, records: Buffer.from(bytes) }],
    });
    if (outcome!.error === null) this.#acknowledged(unanswered, outcome!, isThere);
    else expect(DISK_ERRORS, `${sent.id}: ${outcome!.message}`).toContain(outcome!.error);
  }

  #acknowledged(unanswered: Unanswered, { baseOffset }: ProduceOutcome, wasThere: boolean): void {
    const { sent } = unanswered;
    sent.acknowledgedAt = baseOffset;
    if (wasThere) this.repeated += 1;
    this.#unanswered = this.#unanswered.filter(each => each !== unanswered);
  }
}
