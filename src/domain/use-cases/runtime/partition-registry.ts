import type { ErrorName } from '../../model/error.ts';
import type { PartitionRef } from '../../model/log/partition-ref.ts';
import { ProducerState } from '../../model/log/producer-state.ts';
import { Traffic } from '../../model/metrics/traffic.ts';
import type { Topic } from '../../model/topic/topic.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { LogStorage, PartitionKey } from '../../../ports/log-storage.ts';
import { CheckedReads } from './checked-reads.ts';
import { CopyHold } from './copy-hold.ts';
import { LogDigest } from './log-digest.ts';
import { Partition } from './partition.ts';
import { storageErrorName } from './storage-errors.ts';

/** Finds topics; the cluster's metadata does. */
export interface TopicDirectory {
  topicNamed(name: string): Topic | undefined;
  topicWithId(id: string): Topic | undefined;
}

/** A partition that a request may use, or why not. */
export type Located = { readonly topic: Topic } | { readonly error: ErrorName };

const GONE: ErrorName = 'UNKNOWN_TOPIC_OR_PARTITION';

type Slot = Partition | Promise<Partition> | undefined;

/** What is kept of a topic. */
interface Held {
  readonly slots: Slot[];
  readonly traffic: Traffic;
}

/**
 * The partitions of this broker. A log is opened when it is first used, so that ten thousand partitions cost nothing until then;
 * one whose last write has an unknown outcome is opened again to see what is there.
 */
export class PartitionRegistry {
  /** Held while logs are copied. */
  readonly hold = new CopyHold();
  /** Of all topics, those that are gone too. */
  readonly traffic = new Traffic();
  readonly #topics: TopicDirectory;
  readonly #storage: LogStorage;
  readonly #epoch: number;
  readonly #checksum: Checksum;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #producerExpirationMs: () => number;
  readonly #held = new Map<string, Held>();

  constructor(options: {
    topics: TopicDirectory;
    storage: LogStorage;
    epoch: number;
    checksum: Checksum;
    clock: Clock;
    logger: Logger;
    producerExpirationMs: () => number;
  }) {
    this.#topics = options.topics;
    this.#storage = options.storage;
    this.#epoch = options.epoch;
    this.#checksum = options.checksum;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#producerExpirationMs = options.producerExpirationMs;
  }

  /** The epoch that this broker leads every partition with. */
  get epoch(): number {
    return this.#epoch;
  }

  locate(ref: PartitionRef): Located {
    const byId = ref.topicId !== null;
    const topic = byId
      ? this.#topics.topicWithId(ref.topicId)
      : this.#topics.topicNamed(ref.topic ?? '');
    if (topic === undefined) {
      return { error: byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION' };
    }
    const known = ref.partition >= 0 && ref.partition < topic.partitionCount;
    return known ? { topic } : { error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  }

  /** The partition if its log is open, so that the hot path need not wait. */
  opened(topic: Topic, index: number): Partition | undefined {
    const slot = this.#held.get(topic.id)?.slots[index];
    return slot instanceof Partition && slot.offline !== 'REQUEST_TIMED_OUT' ? slot : undefined;
  }

  /** What goes in and out of a topic. */
  trafficOf(topic: Topic): Traffic {
    return this.#held.get(topic.id)?.traffic ?? new Traffic(this.traffic);
  }

  /** Opens the log if need be. Rejects with a StorageError. */
  open(topic: Topic, index: number): Promise<Partition> {
    const { slots, traffic } = this.#heldOf(topic);
    const slot = slots[index];
    if (slot instanceof Promise) return slot;
    const partition = this.opened(topic, index);
    if (partition) return Promise.resolve(partition);
    const opening = this.#openLog(topic, index, traffic);
    slots[index] = opening;
    opening.then(
      opened => this.#settle(slots, index, { opening, opened }),
      (error: unknown) => {
        this.#settle(slots, index, { opening, opened: undefined });
        const facts = { topic: topic.name, partition: index, error: String(error) };
        this.#logger.error(facts, 'the log of a partition cannot be opened');
      },
    );
    return opening;
  }

  /** Every partition whose log is open. */
  *all(): Generator<Partition> {
    for (const { slots } of this.#held.values()) {
      for (const slot of slots) if (slot instanceof Partition) yield slot;
    }
  }

  /** Forces to disk, in the background, what was written since the last time. */
  flush(): void {
    for (const partition of this.all()) partition.flush();
  }

  /** The same for those only of which something waits for as long as the topic's `flush.ms` says. */
  flushDue(): void {
    const nowMs = this.#clock.now();
    for (const partition of this.all()) partition.flushIfDue(nowMs);
  }

  /** Forgets a deleted topic, wakes whoever waits for it, and removes its logs: later, while they are being copied. */
  async remove(topic: Topic): Promise<void> {
    const slots = this.#held.get(topic.id)?.slots ?? [];
    this.#held.delete(topic.id);
    // All of them before the first removal, which takes its time and may fail.
    for (const slot of slots) if (slot instanceof Partition) slot.retire(GONE);
    if (!this.hold.isHeld) return this.#removeLogs(topic, slots);
    void this.hold.released().then(async () => {
      await this.#removeLogs(topic, slots).catch((error: unknown) => {
        const facts = { topic: topic.name, error: String(error) };
        this.#logger.warn(facts, 'the logs of a deleted topic stay until the next start');
      });
    });
  }

  async #removeLogs(topic: Topic, slots: readonly Slot[]): Promise<void> {
    for (let index = 0; index < topic.partitionCount; index++) {
      const partition = await Promise.resolve(slots[index]).catch(() => undefined);
      partition?.retire(GONE);
      await this.#storage.remove(keyOf(topic, index));
    }
  }

  /** Saves what was derived from the logs, for a quick next start; the store itself is closed by its owner. */
  async close(): Promise<void> {
    const sound = [...this.all()].filter(({ offline }) => offline === null);
    // All of them before the first save: whoever waits is told at once that the whole broker stops.
    for (const partition of this.all()) partition.retire('NOT_LEADER_OR_FOLLOWER');
    for (const partition of sound) await partition.saveCheckpoint().catch(storageErrorName);
  }

  async #openLog(topic: Topic, index: number, traffic: Traffic): Promise<Partition> {
    const log = await this.#storage.open(keyOf(topic, index), this.#epoch, topic);
    const reads = new CheckedReads({
      topic: topic.name,
      partition: index,
      log,
      checksum: this.#checksum,
      logger: this.#logger,
    });
    const producers = new ProducerState(this.#producerExpirationMs);
    const digest = await LogDigest.recover(log, { reads, producers, nowMs: this.#clock.now() });
    const onFailure = (error: unknown): void => {
      const facts = { topic: topic.name, partition: index, error: String(error) };
      this.#logger.error(facts, 'the log of a partition failed: it takes no more records');
    };
    return new Partition({ topic, index, log, reads, digest, traffic, onFailure });
  }

  #settle(
    slots: Slot[],
    index: number,
    outcome: { opening: Promise<Partition>; opened: Partition | undefined },
  ): void {
    if (slots[index] === outcome.opening) slots[index] = outcome.opened;
  }

  #heldOf(topic: Topic): Held {
    let held = this.#held.get(topic.id);
    if (held === undefined) {
      this.#held.set(topic.id, (held = { slots: [], traffic: new Traffic(this.traffic) }));
    }
    return held;
  }
}

function keyOf(topic: Topic, partition: number): PartitionKey {
  return { topicId: topic.id, topic: topic.name, partition };
}
