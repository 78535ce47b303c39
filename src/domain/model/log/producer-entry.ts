import { NO_TIMESTAMP, type RecordBatch } from './record-batch.ts';

/** A batch in the log, as far as a repeat of it must be recognised (Kafka's BatchMetadata). */
export interface BatchFacts {
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
}

/** A producer has at most five requests in flight, so a repeat is among its last five batches (KAFKA-5494). */
export const BATCHES_KEPT = 5;
const SEQUENCES = 0x8000_0000;

/** The sequence of a batch's last record: after 2147483647 comes 0. */
export function lastSequenceOf(batch: RecordBatch): number {
  return (batch.baseSequence + batch.lastOffsetDelta) % SEQUENCES;
}

/** What a partition remembers of one producer id (Kafka's ProducerStateEntry). */
export class ProducerEntry {
  readonly producerId: number;
  #producerEpoch: number;
  /** Oldest first, all of the current epoch. */
  #batches: BatchFacts[];

  constructor(producerId: number, producerEpoch: number, batches: BatchFacts[] = []) {
    this.producerId = producerId;
    this.#producerEpoch = producerEpoch;
    this.#batches = batches;
  }

  get producerEpoch(): number {
    return this.#producerEpoch;
  }
  get batches(): readonly BatchFacts[] {
    return this.#batches;
  }
  /** The max timestamp of the newest batch: what expiry goes by. */
  get lastTimestamp(): number {
    return this.#batches.at(-1)?.timestamp ?? NO_TIMESTAMP;
  }
  /** The sequence that continues this epoch. */
  get nextSequence(): number {
    const last = this.#batches.at(-1);
    return last === undefined ? 0 : (last.lastSequence + 1) % SEQUENCES;
  }

  /** A remembered batch with exactly the same epoch and range of sequences. */
  duplicateOf(batch: RecordBatch): BatchFacts | undefined {
    if (batch.producerEpoch !== this.#producerEpoch) return undefined;
    const lastSequence = lastSequenceOf(batch);
    const offsetDelta = batch.lastOffsetDelta;
    for (const known of this.#batches) {
      if (known.lastSequence === lastSequence && known.offsetDelta === offsetDelta) return known;
    }
    return undefined;
  }

  /** A new epoch begins with nothing to be a duplicate of. */
  add(producerEpoch: number, batch: BatchFacts): void {
    if (producerEpoch !== this.#producerEpoch) this.#batches = [];
    this.#producerEpoch = producerEpoch;
    if (this.#batches.length === BATCHES_KEPT) this.#batches.shift();
    this.#batches.push(batch);
  }

  /** Forgets batches at or after `endOffset`. */
  truncateTo(endOffset: number): void {
    this.#batches = this.#batches.filter(batch => batch.lastOffset < endOffset);
  }
}
