import { BrokerError } from '../model/error.ts';
import { NO_PRODUCER_ID } from '../model/log/record-batch.ts';
import type { MetadataLog } from './runtime/metadata-log.ts';

/** Kafka's ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE. */
export const PRODUCER_IDS_PER_BLOCK = 1000;
const NO_PRODUCER_EPOCH = -1;

export interface InitProducerIdCommand {
  readonly transactionalId: string | null;
  /** What the producer had so far (KIP-360), or -1 and -1. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/**
 * Gives a producer an id of its own. Ids come from blocks that are durable before the first of a block is given away, so no id is
 * ever given twice; a restart skips what was left of a block (Kafka's RPCProducerIdManager).
 */
export class InitProducerId {
  readonly #metadata: MetadataLog;
  #next = 0;
  #end = 0;
  #allocating: Promise<void> | null = null;

  constructor(metadata: MetadataLog) {
    this.#metadata = metadata;
  }

  /**
   * Rejects with INVALID_REQUEST, with COORDINATOR_NOT_AVAILABLE for a transactional id, since no coordinator runs here yet, and
   * with KAFKA_STORAGE_ERROR. A producer without transactions that shows an older identity gets a new id and epoch 0, as from
   * Kafka: it bumps its epoch by itself (KIP-360).
   */
  async execute(command: InitProducerIdCommand): Promise<ProducerIdentity> {
    checkCommand(command);
    while (this.#next === this.#end) await this.#allocate();
    return { producerId: this.#next++, producerEpoch: 0 };
  }

  /** One block at a time, however many producers wait for it. */
  #allocate(): Promise<void> {
    this.#allocating ??= this.#takeBlock().finally(() => {
      this.#allocating = null;
    });
    return this.#allocating;
  }

  async #takeBlock(): Promise<void> {
    const first = await this.#metadata.update(({ nextProducerId }) => ({
      answer: nextProducerId,
      events: [
        {
          type: 'producer-ids-allocated',
          nextProducerId: nextProducerId + PRODUCER_IDS_PER_BLOCK,
        },
      ],
    }));
    this.#next = first;
    this.#end = first + PRODUCER_IDS_PER_BLOCK;
  }
}

function checkCommand({ transactionalId, producerId, producerEpoch }: InitProducerIdCommand): void {
  if ((producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH)) {
    const message = 'A producer id and a producer epoch go together.';
    throw new BrokerError('INVALID_REQUEST', message);
  }
  if (transactionalId === '') {
    throw new BrokerError('INVALID_REQUEST', 'The transactional id is empty.');
  }
  if (transactionalId !== null) {
    const message = 'This broker runs no transaction coordinator.';
    throw new BrokerError('COORDINATOR_NOT_AVAILABLE', message);
  }
}
