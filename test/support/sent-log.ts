import { crc32c } from '@node-rs/crc32';
import { expect } from 'vitest';
import { BrokerError } from '../../src/domain/model/error.ts';
import { batchesIn } from '../../src/domain/model/log/record-batch.ts';
import { recordsIn } from '../../src/domain/model/log/records.ts';
import { fetchCommand, wants } from './broker-core.ts';
import type { SimulatedBroker } from './simulated-broker.ts';

/** A batch that was asked to be appended, and what was heard of it. */
export interface Sent {
  readonly id: string;
  readonly acks: -1 | 1;
  /** Where the answer says that it lies; null while it is not acknowledged. */
  acknowledgedAt: number | null;
  /** It must survive a loss of power. */
  isSafe: boolean;
}

interface Found {
  readonly id: string;
  readonly baseOffset: number;
  readonly leaderEpoch: number;
}

/** One partition as its clients know it: what they asked for, in order, and what of that must be there after a crash. */
export class SentLog {
  readonly topic: string;
  readonly partition: number;
  /** In the order asked for; from the last crash on, what was found then comes first. */
  sent: Sent[] = [];
  lost = 0;
  /** Power was lost since the log was last looked at: then only what is safe must be there. */
  lostPower = false;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }

  /** What a consumer reads now, which must be what was sent first. */
  async read(broker: SimulatedBroker): Promise<Sent[]> {
    const found = await this.#found(broker);
    const expected = this.sent.slice(0, found.length);
    expect(found.map(each => each.id)).toEqual(expected.map(each => each.id));
    return expected;
  }

  /** After a crash: a prefix of what was sent is there, with all that has to be; the rest is forgotten. */
  async recover(broker: SimulatedBroker): Promise<void> {
    const found = await this.#found(broker);
    const before = this.sent.map(each => each.id);
    const seen = `${this.name}: a prefix of what was sent`;
    expect(
      found.map(each => each.id),
      seen,
    ).toEqual(before.slice(0, found.length));
    const kept = this.sent.slice(0, found.length);
    const lost = this.sent.slice(found.length);
    const isDue = (each: Sent) => each.isSafe || (!this.lostPower && each.acknowledgedAt !== null);
    const missing = lost.filter(isDue).map(each => each.id);
    expect(missing, `${this.name}: nothing that had to survive is lost`).toEqual([]);
    for (const [at, { acknowledgedAt }] of kept.entries()) {
      const where = found[at]!.baseOffset;
      if (acknowledgedAt !== null)
        expect(where, 'it lies where it was said to').toBe(acknowledgedAt);
    }
    await this.#checkEpochs(broker, found);
    this.lost += lost.filter(each => each.acknowledgedAt !== null).length;
    this.sent = kept;
    this.lostPower = false;
  }

  async #found(broker: SimulatedBroker): Promise<Found[]> {
    const all: Found[] = [];
    for (let fetchOffset = 0; ;) {
      const wanted = wants({ topic: this.topic, partition: this.partition, fetchOffset });
      const { answers } = await broker.use.fetch.execute(fetchCommand([wanted]));
      const { error, records, highWatermark } = answers[0]!;
      // The power may be off by now: the caller knows.
      if (error !== null) throw new BrokerError(error, `${this.name} cannot be read`);
      for (const batch of batchesIn(records)) {
        expect(batch.baseOffset, `${this.name}: offsets are dense`).toBe(fetchOffset);
        expect(crc32c(batch.checked), `${this.name}: what is read is what was sent`).toBe(
          batch.crc,
        );
        const [first] = recordsIn(batch);
        const { baseOffset, leaderEpoch } = batch;
        all.push({ id: String(first!.key), baseOffset, leaderEpoch });
        fetchOffset = batch.nextOffset;
      }
      if (records.length > 0) continue;
      expect(fetchOffset, `${this.name}: all below the mark is readable`).toBe(highWatermark);
      return all;
    }
  }

  /** Each epoch ends where the next one that wrote anything begins (KIP-101). */
  async #checkEpochs(broker: SimulatedBroker, found: readonly Found[]): Promise<void> {
    const { topic, partition } = this;
    const starts = found.filter((each, at) => each.leaderEpoch !== found[at - 1]?.leaderEpoch);
    for (const [at, { leaderEpoch, baseOffset }] of starts.entries()) {
      const next = starts[at + 1];
      if (next === undefined) return;
      expect(next.leaderEpoch).toBeGreaterThan(leaderEpoch);
      expect(next.baseOffset).toBeGreaterThan(baseOffset);
      const query = { topic, topicId: null, partition, leaderEpoch, currentLeaderEpoch: -1 };
      const [end] = await broker.use.offsetForLeaderEpoch.execute([query]);
      expect(end).toEqual({ error: null, leaderEpoch, endOffset: next.baseOffset });
    }
  }
}
