import { crc32c } from '@node-rs/crc32';
import { expect } from 'vitest';
import type { KafkaClient } from '../../src/adapters/transport/kafka/client/kafka-client.ts';
import { Fetch } from '../../src/adapters/transport/kafka/messages/fetch.ts';
import { OffsetForLeaderEpoch } from '../../src/adapters/transport/kafka/messages/offset-for-leader-epoch.ts';
import { batchesIn, type RecordBatch } from '../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../src/domain/model/log/records.ts';
import type { NumberedProducer } from './numbered-producer.ts';

const FETCH_BYTES = 8 * 1024 * 1024;

interface Place {
  readonly name: string;
  readonly topicId: string;
  readonly partition: number;
}

/** Reads one partition that numbered producers write to, and checks what it finds against what they were told. */
export class NumberedLog {
  readonly #place: Place;
  readonly #producers: Map<string, NumberedProducer>;
  /** Where each record lies: by producer, then by number. */
  readonly #offsets = new Map<string, Map<number, number>>();
  /** The highest number of each producer. */
  readonly #latest = new Map<string, number>();
  readonly #epochStarts: { epoch: number; startOffset: number }[] = [];
  #next = 0;

  constructor(place: Place, producers: readonly NumberedProducer[]) {
    this.#place = place;
    this.#producers = new Map(producers.map(producer => [producer.options.name, producer]));
    for (const producer of producers) this.#offsets.set(producer.options.name, new Map());
  }

  /** Reads on from where the last check ended. Every record is checked to be in order, once, and where it was said to be. */
  async check(client: KafkaClient): Promise<void> {
    await this.#readOn(client);
    for (const [name, producer] of this.#producers) this.#checkAcknowledged(name, producer);
    await this.#checkEpochs(client);
  }

  async #readOn(client: KafkaClient): Promise<void> {
    for (;;) {
      const { batches, highWatermark } = await this.#fetch(client);
      for (const batch of batches) this.#take(batch);
      if (this.#next < highWatermark) continue;
      expect(this.#next, 'no offset is readable beyond the last record').toBe(highWatermark);
      return;
    }
  }

  async #fetch(client: KafkaClient): Promise<{ batches: RecordBatch[]; highWatermark: number }> {
    const { name, topicId, partition } = this.#place;
    const wanted = { partition, fetchOffset: this.#next, partitionMaxBytes: FETCH_BYTES };
    const { responses } = await client.request(Fetch, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes: FETCH_BYTES },
      topics: [{ topic: name, topicId, partitions: [wanted] }],
    });
    const { errorCode, records, highWatermark, logStartOffset } = responses[0]!.partitions[0]!;
    expect({ errorCode, logStartOffset }).toEqual({ errorCode: 0, logStartOffset: 0 });
    return { batches: [...batchesIn(records ?? Buffer.alloc(0))], highWatermark };
  }

  #take(batch: RecordBatch): void {
    insist(
      batch.baseOffset === this.#next,
      `offset ${this.#next} comes next, not ${batch.baseOffset}`,
    );
    insist(crc32c(batch.checked) === batch.crc, `the batch at ${this.#next} is damaged`);
    this.#next = batch.nextOffset;
    const latest = this.#epochStarts.at(-1)?.epoch ?? -1;
    insist(batch.leaderEpoch >= latest, `epoch ${batch.leaderEpoch} comes after ${latest}`);
    if (batch.leaderEpoch > latest) {
      this.#epochStarts.push({ epoch: batch.leaderEpoch, startOffset: batch.baseOffset });
    }
    for (const { key, offset } of recordsIn(batch)) {
      const [name, number] = String(key).split(' ');
      this.#note(name!, Number(number), offset);
    }
  }

  #note(name: string, number: number, offset: number): void {
    const producer = this.#producers.get(name)!;
    const offsets = this.#offsets.get(name)!;
    insist(number < producer.next, `${name} never sent ${number}`);
    insist(number > (this.#latest.get(name) ?? -1), `${name} ${number} comes late, or twice`);
    // What is not sent again after a crash may be missing, but what is idempotent has no gaps.
    const isNext = number === offsets.size || !producer.options.idempotent;
    insist(isNext, `${name} ${offsets.size} is missing before ${number}`);
    offsets.set(number, offset);
    this.#latest.set(name, number);
  }

  #checkAcknowledged(name: string, producer: NumberedProducer): void {
    const offsets = this.#offsets.get(name)!;
    for (const { first, count, baseOffset } of producer.acknowledged) {
      for (let at = 0; at < count; at++) {
        const found = offsets.get(first + at);
        const said = baseOffset + at;
        insist(found === said, `${name} ${first + at} was acknowledged at ${said}, is at ${found}`);
      }
    }
  }

  /** Each epoch ends where the next one that wrote anything begins (KIP-101). */
  async #checkEpochs(client: KafkaClient): Promise<void> {
    const { name: topic, partition } = this.#place;
    for (const [at, { epoch }] of this.#epochStarts.entries()) {
      const end = this.#epochStarts[at + 1]?.startOffset ?? this.#next;
      const { topics } = await client.request(OffsetForLeaderEpoch, {
        topics: [{ topic, partitions: [{ partition, leaderEpoch: epoch }] }],
      });
      const { errorCode, leaderEpoch, endOffset } = topics[0]!.partitions[0]!;
      expect({ errorCode, leaderEpoch, endOffset }).toEqual({
        errorCode: 0,
        leaderEpoch: epoch,
        endOffset: end,
      });
    }
  }
}

/** An assertion for every record: `expect` is too slow for those. */
function insist(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
