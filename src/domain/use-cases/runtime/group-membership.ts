import { BrokerError, type ErrorName } from '../../model/error.ts';
import { JOIN_EPOCH, LEAVE_EPOCH } from '../../model/group/consumer/consumer-member.ts';
import type { AssignedTopic } from '../../model/group/group-events.ts';
import type { Cancel, Timers } from '../../../ports/timers.ts';
import type { ConsumerGroupHeartbeat } from '../consumer-group-heartbeat.ts';

/** Topics by name, or by an expression (RE2). */
export type Subscription = { readonly topics: readonly string[] } | { readonly regex: string };

export interface MemberFacts {
  readonly groupId: string;
  readonly clientId: string;
  readonly clientHost: string;
}

type Coordinator = Pick<ConsumerGroupHeartbeat, 'execute'>;

/** What a member does about its partitions. */
export interface AssignmentWatcher {
  /** Partitions go to somebody else, who waits until this resolves. */
  revoked(assignment: readonly AssignedTopic[]): Promise<void>;
  /** What is to be consumed from now on. */
  assigned(assignment: readonly AssignedTopic[]): void;
  /** The group went on without this member: what it had belongs to others by now. */
  lost(): void;
}

/** Kafka's default of `max.poll.interval.ms`. */
const REBALANCE_TIMEOUT_MS = 300_000;
const RETRY_MS = 500;

const FENCED: ReadonlySet<ErrorName> = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH']);
const PASSING: ReadonlySet<ErrorName> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'KAFKA_STORAGE_ERROR',
]);

/** Keeps somebody inside this broker a member of a consumer group, with heartbeats of its own (KIP-848). */
export class GroupMembership {
  readonly #heartbeat: Coordinator;
  readonly #timers: Timers;
  readonly #facts: MemberFacts;
  readonly #watcher: AssignmentWatcher;
  #memberId = '';
  #epoch = JOIN_EPOCH;
  #subscription: Subscription | null = null;
  #assignment: readonly AssignedTopic[] = [];
  #isTold = false;
  #cancel: Cancel = () => undefined;
  #turn: Promise<void> = Promise.resolve();
  /** The group has refused it for good, and nobody was there to be told. */
  #isRefused = false;

  constructor(
    parts: { heartbeat: Coordinator; timers: Timers },
    facts: MemberFacts,
    watcher: AssignmentWatcher,
  ) {
    this.#heartbeat = parts.heartbeat;
    this.#timers = parts.timers;
    this.#facts = facts;
    this.#watcher = watcher;
  }

  /** Empty before it has joined. */
  get memberId(): string {
    return this.#memberId;
  }
  /** What commits name; meaningless before it has joined. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Joins, or changes what it subscribes to; resolves when the group has answered, or cannot answer yet. Rejects with why it
   * refuses, and what it subscribed to before holds.
   */
  subscribe(subscription: Subscription): Promise<void> {
    return this.between(async () => {
      const before = this.#subscription;
      this.#subscription = subscription;
      this.#isTold = false;
      try {
        await this.#beat();
      } catch (error) {
        this.#subscription = before;
        throw error;
      }
    });
  }

  /** Tries again to be a member where the group has refused it since it subscribed; rejects with why it still does. */
  async persist(): Promise<void> {
    if (this.#isRefused) await this.between(() => this.#beat());
  }

  /** Leaves the group, if it is in one. It may subscribe again. */
  leave(): Promise<void> {
    this.#cancel();
    return this.between(async () => {
      this.#cancel();
      this.#isRefused = false;
      if (this.#subscription === null) return;
      const leaving = { ...this.#request(), memberEpoch: LEAVE_EPOCH };
      const isMember = this.#epoch !== JOIN_EPOCH;
      this.#subscription = null;
      this.#assignment = [];
      this.#epoch = JOIN_EPOCH;
      // A group that cannot be told notices by itself.
      if (isMember) await this.#heartbeat.execute(leaving).catch(() => undefined);
    });
  }

  /** Does something between two heartbeats, while the epoch stays what it is. */
  between(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #beatAfter(ms: number): void {
    this.#cancel();
    this.#cancel = this.#timers.after(ms, () => {
      // What the group refuses for good is told to whoever asks for it next.
      this.between(() => this.#beat()).catch(() => undefined);
    });
  }

  async #beat(): Promise<void> {
    if (this.#subscription === null) return;
    try {
      const answer = await this.#heartbeat.execute(this.#request());
      this.#isRefused = false;
      this.#memberId = answer.memberId;
      this.#epoch = answer.memberEpoch;
      this.#isTold = true;
      if (answer.assignment === null) return this.#beatAfter(answer.heartbeatIntervalMs);
      await this.#become(answer.assignment);
    } catch (error) {
      await this.#refused(error);
    }
  }

  /** What it has is told to the group at once, for others may wait for what it has given up. */
  async #become(assignment: readonly AssignedTopic[]): Promise<void> {
    await this.#watcher.revoked(assignment);
    this.#assignment = assignment;
    this.#watcher.assigned(assignment);
    this.#beatAfter(0);
  }

  async #refused(error: unknown): Promise<void> {
    const code = error instanceof BrokerError ? error.code : null;
    if (code !== null && PASSING.has(code)) return this.#beatAfter(RETRY_MS);
    const isMember = this.#epoch !== JOIN_EPOCH;
    if (code !== null && FENCED.has(code) && isMember) {
      this.#assignment = [];
      this.#watcher.lost();
      this.#epoch = JOIN_EPOCH;
      return this.#beat();
    }
    this.#isRefused = true;
    throw error;
  }

  #request() {
    const isJoining = this.#epoch === JOIN_EPOCH;
    const says = isJoining || !this.#isTold;
    const subscription = this.#subscription!;
    return {
      ...this.#facts,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: isJoining ? REBALANCE_TIMEOUT_MS : -1,
      subscribedTopics: says && 'topics' in subscription ? subscription.topics : null,
      subscribedRegex: says ? ('regex' in subscription ? subscription.regex : '') : null,
      serverAssignor: null,
      owned: isJoining ? [] : this.#assignment,
      bringsMemberId: false,
    };
  }
}
