import { ProducerEntry, lastSequenceOf } from './producer-entry.ts';
import { decodeProducers, encodeProducers } from './producer-snapshot.ts';
import type { RecordBatch } from './record-batch.ts';

/** What becomes of a batch, by what is known of its producer. */
export type ProducerVerdict =
  | { readonly kind: 'append' }
  /** The batch is in the log already: answer with where it lies, append nothing. */
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly timestamp: number }
  | {
      readonly kind: 'refused';
      readonly error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' | 'INVALID_PRODUCER_EPOCH';
      readonly message: string;
    };

const APPEND: ProducerVerdict = { kind: 'append' };
/** Kafka's `producer.id.expiration.check.interval.ms`. */
const EXPIRY_INTERVAL_MS = 600_000;

/**
 * The idempotent producers of one partition (Kafka's ProducerStateManager and ProducerAppendInfo). `check` looks, `apply` is
 * the only way forward and is shared by live traffic and by replay of the log. Both first forget, every ten minutes, who has
 * expired. What transactions add (ongoing ones, the last stable offset) belongs beside the entries here, moved by `apply` too.
 */
export class ProducerState {
  readonly #expirationMs: () => number;
  #entries = new Map<number, ProducerEntry>();
  #nextExpiryMs = -Infinity;

  /** `expirationMs` is asked at each use, so that `producer.id.expiration.ms` can change. */
  constructor(expirationMs: () => number) {
    this.#expirationMs = expirationMs;
  }

  /** How many producers are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Judges a batch before it has a place in the log. A producer that is not remembered may begin at any sequence: its state may
   * have expired, or its records been deleted (KIP-360), so Kafka 4 never answers UNKNOWN_PRODUCER_ID here.
   */
  check(batch: RecordBatch, nowMs: number): ProducerVerdict {
    if (!batch.hasProducerId) return APPEND;
    if (nowMs >= this.#nextExpiryMs) this.expire(nowMs);
    const entry = this.#entries.get(batch.producerId);
    if (entry === undefined) return APPEND;
    const known = entry.duplicateOf(batch);
    if (known === undefined) return outOfOrder(entry, batch) ?? APPEND;
    const baseOffset = known.lastOffset - known.offsetDelta;
    return { kind: 'duplicate', baseOffset, timestamp: known.timestamp };
  }

  /** Takes note of a batch that has its place in the log. */
  apply(batch: RecordBatch, nowMs: number): void {
    if (!batch.hasProducerId) return;
    const { producerId } = batch;
    if (nowMs >= this.#nextExpiryMs) this.expire(nowMs);
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = new ProducerEntry(producerId, batch.producerEpoch);
      this.#entries.set(producerId, entry);
    }
    entry.add(batch.producerEpoch, {
      lastSequence: lastSequenceOf(batch),
      lastOffset: batch.lastOffset,
      offsetDelta: batch.lastOffsetDelta,
      timestamp: batch.maxTimestamp,
    });
  }

  /** Whether a batch is the newest below `endOffset` that is remembered of its producer: what comes next is judged by it. */
  isLast(batch: RecordBatch, endOffset: number): boolean {
    const entry = batch.hasProducerId ? this.#entries.get(batch.producerId) : undefined;
    const last = entry?.batches.findLast(known => known.lastOffset < endOffset);
    return last?.lastOffset === batch.lastOffset;
  }

  /** Forgets producers whose last record is as old as `producer.id.expiration.ms`, or older. */
  expire(nowMs: number): void {
    this.#nextExpiryMs = nowMs + EXPIRY_INTERVAL_MS;
    const newest = nowMs - this.#expirationMs();
    for (const entry of this.#entries.values()) {
      if (entry.lastTimestamp <= newest) this.#entries.delete(entry.producerId);
    }
  }

  /**
   * Forgets what lay at or after `endOffset`, as the log does. A producer of which no batch is left is forgotten whole: what it
   * wrote before its last five batches is not remembered, so it may go on at any sequence.
   */
  truncateTo(endOffset: number): void {
    for (const entry of this.#entries.values()) {
      entry.truncateTo(endOffset);
      if (entry.batches.length === 0) this.#entries.delete(entry.producerId);
    }
  }

  /** All that is remembered, as bytes for a checkpoint. */
  snapshot(): Buffer {
    return encodeProducers([...this.#entries.values()]);
  }

  /** Takes over a snapshot. False, and nothing changed, when it is damaged or of another version: replay the log instead. */
  restore(snapshot: Buffer): boolean {
    const entries = decodeProducers(snapshot);
    if (entries === null) return false;
    this.#entries = new Map(entries.map(entry => [entry.producerId, entry]));
    return true;
  }
}

/** ProducerAppendInfo.checkProducerEpoch and checkSequence: null if the batch continues what is remembered. */
function outOfOrder(entry: ProducerEntry, batch: RecordBatch): ProducerVerdict | null {
  const { producerId, producerEpoch, baseSequence } = batch;
  if (producerEpoch < entry.producerEpoch) {
    const message = `producer ${producerId} has epoch ${entry.producerEpoch}, not ${producerEpoch}`;
    return { kind: 'refused', error: 'INVALID_PRODUCER_EPOCH', message };
  }
  const expected = producerEpoch === entry.producerEpoch ? entry.nextSequence : 0;
  if (baseSequence === expected) return null;
  const message = `producer ${producerId} sent sequence ${baseSequence} where ${expected} was next`;
  return { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', message };
}
