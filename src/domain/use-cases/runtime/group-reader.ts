import { BrokerError } from '../../model/error.ts';
import type { AssignedTopic } from '../../model/group/group-events.ts';
import type { FetchPartition } from '../../model/fetch/fetch-session.ts';
import { batchesIn } from '../../model/log/record-batch.ts';
import { contentBytes, type RecordView } from '../../model/log/records.ts';
import type { Timers } from '../../../ports/timers.ts';
import type { ConsumerGroupHeartbeat } from '../consumer-group-heartbeat.ts';
import type { Fetch } from '../fetch.ts';
import { AssignmentWait } from './assignment-wait.ts';
import { keptFrom, type BatchReader } from './batch-reader.ts';
import { GroupMembership, type MemberFacts, type Subscription } from './group-membership.ts';
import { GroupOffsets, type AutoOffsetReset, type GroupOffsetsParts } from './group-offsets.ts';
import type { FetchAnswer } from './partition-read.ts';
import type { TopicDirectory } from './partition-registry.ts';
import {
  ReadingPlaces,
  type PartitionOffset,
  type Place,
  type TopicPartition,
} from './reading-places.ts';

export interface GroupReaderParts extends GroupOffsetsParts {
  readonly heartbeat: ConsumerGroupHeartbeat;
  readonly fetch: Fetch;
  readonly reader: BatchReader;
  readonly topics: TopicDirectory;
  readonly timers: Timers;
}

/** As Kafka's consumer has them: `auto.offset.reset`, `enable.auto.commit`. */
export interface GroupReaderOptions extends MemberFacts {
  readonly autoOffsetReset: AutoOffsetReset;
  /** Commits what was read when more is asked for, so that what a client never came back from is read again. */
  readonly autoCommit: boolean;
}

export interface GroupRead {
  /** Bounds the records, but not the first one. */
  readonly maxBytes: number;
  /** What is waited for; one byte unless told. */
  readonly minBytes?: number;
  readonly waitMs: number;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
}

export interface GroupRecord extends TopicPartition {
  readonly record: RecordView;
}

/** Records of several partitions, and why there are no more of them. */
interface Page {
  readonly records: GroupRecord[];
  readonly maxBytes: number;
  bytes: number;
}

/**
 * Reads for a group, as a consumer of Kafka does for its application: for those who cannot be members of a group themselves,
 * since they come and go with every request. One call at a time; `close` leaves the group.
 */
export class GroupReader {
  readonly #parts: GroupReaderParts;
  readonly #options: GroupReaderOptions;
  readonly #membership: GroupMembership;
  readonly #offsets: GroupOffsets;
  readonly #places = new ReadingPlaces();
  readonly #assigned = new AssignmentWait();
  #subscription: Subscription | null = null;
  /** Moved on with every read, so that each partition is the first one at times. */
  #first = 0;

  constructor(parts: GroupReaderParts, options: GroupReaderOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#offsets = new GroupOffsets(parts, options);
    this.#membership = new GroupMembership(parts, options, {
      revoked: next => this.#revoke(next),
      assigned: next => {
        this.#places.become(this.#named(next));
        this.#assigned.end();
      },
      lost: () => this.#places.clear(),
    });
  }

  get subscription(): Subscription | null {
    return this.#subscription;
  }
  get assignment(): readonly TopicPartition[] {
    return this.#places.all.map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Becomes a member of the group. Rejects with why the group refuses it, and stays what it was. */
  async subscribe(subscription: Subscription): Promise<void> {
    await this.#membership.subscribe(subscription);
    this.#subscription = subscription;
  }

  /** Commits as `close` does, and is no member any more. */
  async unsubscribe(): Promise<void> {
    await this.close();
    this.#subscription = null;
  }

  /** Reads these partitions, and is no member of the group: it only keeps its offsets there. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#places.become(partitions);
  }

  /** Where to go on; throws for a partition that it does not have. */
  seek({ topic, partition, offset }: PartitionOffset): void {
    const place = this.#places.named({ topic, partition });
    place.position = offset;
    place.consumed = null;
    place.since = null;
  }

  /** Goes to the start or the end of partitions that it has. */
  async seekTo(spec: 'earliest' | 'latest', partitions: readonly TopicPartition[]): Promise<void> {
    for (const one of partitions) this.#places.named(one);
    for (const one of partitions)
      this.seek({ ...one, offset: await this.#offsets.listed(one, spec) });
  }

  /**
   * Records of any of its partitions, waiting for a first one. Rejects with why one cannot be read when the others have none, and with
   * why the group refuses this member.
   */
  async read(query: GroupRead): Promise<GroupRecord[]> {
    await this.#membership.persist();
    if (this.#options.autoCommit) await this.#commitQuietly();
    this.#places.keep();
    const { maxBytes, minBytes = 1, signal } = query;
    const waited = await this.#awaitAssignment(query);
    const wanted = this.#inTurn();
    if (wanted.length === 0) return [];
    await this.#findPositions(wanted);
    const { answers } = await this.#parts.fetch.execute({
      session: sessionless(wanted.map(place => fetchOf(place, maxBytes))),
      maxWaitMs: waited ? 0 : query.waitMs,
      ...{ minBytes, maxBytes, signal },
      allocate: bytes => Buffer.allocUnsafe(bytes),
    });
    return this.#taken(wanted, answers, maxBytes);
  }

  /** What the last read gave has reached its reader: it is committed when its partition is given up. */
  delivered(): void {
    this.#places.keep();
  }

  /** What the last read gave did not reach its reader: it is read again. */
  giveBack(): void {
    this.#places.giveBack();
  }

  /** Commits these offsets; null for what was read. Rejects with the first error of an offset. */
  commit(offsets: readonly PartitionOffset[] | null): Promise<void> {
    return this.#membership.between(() => this.#commit(offsets ?? this.#places.consumed()));
  }

  /** What the group has committed for partitions; -1 where nothing is. */
  committed(partitions: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    return this.#offsets.committed(partitions);
  }

  /** Leaves the group, so that its partitions are others' at once; commits what was read if it does so by itself. */
  async close(): Promise<void> {
    if (this.#options.autoCommit) await this.commit(null).catch(() => undefined);
    await this.abandon();
  }

  /** Leaves the group and commits nothing, for nobody has come back from what was read last. */
  async abandon(): Promise<void> {
    await this.#membership.leave();
    this.#places.clear();
  }

  /** Nothing that a reader could do about it: a group that refuses this commit has gone on without this member. */
  #commitQuietly(): Promise<void> {
    return this.commit(null).catch((error: unknown) => {
      if (!(error instanceof BrokerError)) throw error;
    });
  }

  async #commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    const member = this.#subscription === null ? null : this.#membership;
    const { committed, failure } = await this.#offsets.commit(member, offsets);
    this.#places.committed(committed);
    if (failure !== null) throw failure;
  }

  async #revoke(next: readonly AssignedTopic[]): Promise<void> {
    const gone = this.#places.outside(this.#named(next));
    if (gone.length === 0) return;
    if (this.#options.autoCommit) {
      // What is still on its way may never arrive: whose the partition is next reads that again.
      await this.#commit(this.#places.delivered()).catch(() => undefined);
    }
    this.#places.drop(gone);
  }

  #named(assignment: readonly AssignedTopic[]): TopicPartition[] {
    return assignment.flatMap(({ topicId, partitions }) => {
      const topic = this.#parts.topics.topicWithId(topicId)?.name;
      return topic === undefined ? [] : partitions.map(partition => ({ topic, partition }));
    });
  }

  /** Whether it waited for the group to give it partitions: then it waits for no records. */
  async #awaitAssignment({ waitMs, signal }: GroupRead): Promise<boolean> {
    if (this.#subscription === null || this.#places.all.length > 0) return false;
    await this.#assigned.begin(this.#parts.timers, waitMs, signal);
    return true;
  }

  #inTurn(): Place[] {
    const places = this.#places.all;
    const first = this.#first++ % Math.max(1, places.length);
    return [...places.slice(first), ...places.slice(0, first)];
  }

  async #findPositions(places: readonly Place[]): Promise<void> {
    const unknown = places.filter(({ position }) => position === null);
    if (unknown.length === 0) return;
    const committed = await this.#offsets.committed(unknown);
    for (const [at, place] of unknown.entries()) {
      const { offset } = committed[at]!;
      place.position ??= offset >= 0 ? offset : await this.#offsets.reset(place);
    }
  }

  /** One partition that cannot be read does not keep the others, as in Kafka's FetchCollector. */
  async #taken(
    wanted: readonly Place[],
    answers: readonly FetchAnswer[],
    maxBytes: number,
  ): Promise<GroupRecord[]> {
    const page: Page = { records: [], maxBytes, bytes: 0 };
    let failure: BrokerError | null = null;
    for (const [at, answer] of answers.entries()) {
      try {
        await this.#take(wanted[at]!, answer, page);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        failure ??= error;
      }
    }
    if (failure !== null && page.records.length === 0) throw failure;
    // Not before all of it is given out: meanwhile partitions may be given up, and what was read of them is committed.
    for (const place of wanted) if (place.since !== null) place.consumed = place.position;
    return page.records;
  }

  async #take(place: Place, answer: FetchAnswer, page: Page): Promise<void> {
    const { topic, partition } = place;
    // It may have been given up, or moved, while this was read.
    if (!this.#places.has(place)) return;
    if (answer.error === 'OFFSET_OUT_OF_RANGE') {
      place.position = await this.#offsets.reset(place);
      return;
    }
    if (answer.error !== null) {
      throw new BrokerError(answer.error, `${topic}-${partition} cannot be read`);
    }
    for (const batch of batchesIn(answer.records)) {
      for (const record of await this.#parts.reader.open(batch)) {
        if (record.offset < place.position!) continue;
        if (isFull(page)) return;
        page.records.push({ topic, partition, record: keptFrom(batch, record) });
        page.bytes += contentBytes(record);
        goOn(place, record.offset + 1);
      }
      goOn(place, batch.nextOffset);
    }
  }
}

/** The first one is given out whatever its size. */
function isFull({ records, bytes, maxBytes }: Page): boolean {
  return records.length > 0 && bytes >= maxBytes;
}

function goOn(place: Place, position: number): void {
  place.since ??= place.position;
  place.position = position;
}

function fetchOf({ topic, partition, position }: Place, maxBytes: number): FetchPartition {
  const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  return { topic, topicId: null, partition, fetchOffset: position!, maxBytes, ...epochs };
}

function sessionless(partitions: readonly FetchPartition[]) {
  return { sessionId: 0, sessionEpoch: -1, partitions, forgotten: [], usesTopicIds: false };
}
