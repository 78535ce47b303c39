import type { Cancel, Timers } from '../../../../ports/timers.ts';
import { Heartbeat } from '../messages/heartbeat.ts';
import { JoinGroup } from '../messages/join-group.ts';
import { LeaveGroup } from '../messages/leave-group.ts';
import { SyncGroup } from '../messages/sync-group.ts';
import { KafkaConsumerProtocol } from '../records/consumer-protocol.ts';
import type { Reads } from '../wire/schema.ts';
import { ClientError, errorNameOf, expectSuccess } from './client-error.ts';
import { commitOffsets } from './committed-offsets.ts';
import { Coordinator } from './coordinator.ts';
import {
  rangeAssignments,
  subscribedCounts,
  subscriptionTo,
  type Subscriber,
} from './group-protocol.ts';
import type { KafkaCluster, TopicInfo } from './kafka-cluster.ts';
import type { Offsets } from './offsets.ts';

/** What a member has until `over`. */
export interface Membership {
  /** The partitions of the topic that are its own to read. */
  readonly partitions: readonly number[];
  /**
   * Resolves when the member must join again, for the group rebalances, or the topics changed that it leads the group for;
   * rejects when the coordinator is lost.
   */
  readonly over: Promise<void>;
}

export interface GroupMemberOptions {
  readonly cluster: KafkaCluster;
  readonly groupId: string;
  readonly topic: TopicInfo;
  readonly timers: Timers;
}

/** What a leader assigned by. */
interface Lead {
  readonly members: readonly Subscriber[];
  readonly counts: ReadonlyMap<string, number>;
}

type Joined = Reads<typeof JoinGroup.response>;

const PROTOCOL_TYPE = 'consumer';
const ASSIGNOR = 'range';
const SESSION_MS = 10_000;
/** Less than a client waits for an answer, for that is how long joining may take. */
const REBALANCE_MS = 20_000;
const HEARTBEAT_MS = 3_000;
/** A leader looks for changed topics every half a minute; Java's metadata.max.age.ms is longer, but here somebody watches. */
const HEARTBEATS_PER_LOOK = 10;
const FIRST_VERSION_WITH_REBALANCE_TIMEOUT = 1;
const FIRST_VERSION_WITH_MANY = 3;
/** After these a member joins again; after the last one as somebody new. */
const REJOIN = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']);
const PROTOCOL = new KafkaConsumerProtocol();

/**
 * A member of a classic group that reads one topic: eager rebalances, and the range assignor when it leads. It says that it
 * lives on a connection of its own, so that no fetch delays that.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #coordinator: Coordinator;
  #memberId = '';
  #generationId = -1;
  /** Null while another member leads. */
  #lead: Lead | null = null;
  #hasLeft = false;
  #cancelHeartbeat: Cancel = () => {};

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#coordinator = new Coordinator(options.cluster, options.groupId);
  }

  get coordinator(): Coordinator {
    return this.#coordinator;
  }

  /** Takes part in rebalances until one gives it its share; rejects with `refused` when the group does not take it in. */
  async join(): Promise<Membership> {
    for (;;) {
      const joined = await this.#join();
      if (joined === null) continue;
      const partitions = await this.#sync(joined);
      if (partitions === null) continue;
      const over = this.#stayAlive();
      // Whoever no longer reads does not care for how it ends.
      over.catch(() => {});
      return { partitions, over };
    }
  }

  /** Commits in the generation it is in; false when that is over, so that another member may have the partitions. */
  async commit(offsets: Offsets): Promise<boolean> {
    const by = { memberId: this.#memberId, generationId: this.#generationId };
    try {
      await commitOffsets(this.#coordinator, this.#options.topic, { offsets, by });
      return true;
    } catch (error) {
      if (error instanceof ClientError && REJOIN.has(error.errorName ?? '')) return false;
      throw error;
    }
  }

  /** Leaves, so that the others need not wait for its session to end; over a new connection, for a join may hold the old one. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    this.#cancelHeartbeat();
    await this.#coordinator.close();
    if (this.#memberId === '') return;
    const { cluster, groupId } = this.#options;
    const coordinator = new Coordinator(cluster, groupId);
    const memberId = this.#memberId;
    try {
      await coordinator.ask(
        LeaveGroup,
        version =>
          version < FIRST_VERSION_WITH_MANY
            ? { groupId, memberId }
            : { groupId, members: [{ memberId }] },
        ({ errorCode }) => [errorCode],
      );
    } finally {
      await coordinator.close();
    }
  }

  /** Null when it has to be tried again. */
  async #join(): Promise<Joined | null> {
    const { groupId, topic } = this.#options;
    const joined = await this.#coordinator.ask(
      JoinGroup,
      version => ({
        groupId,
        sessionTimeoutMs: SESSION_MS,
        ...(version < FIRST_VERSION_WITH_REBALANCE_TIMEOUT
          ? {}
          : { rebalanceTimeoutMs: REBALANCE_MS }),
        memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE,
        protocols: [{ name: ASSIGNOR, metadata: subscriptionTo(topic.name) }],
      }),
      ({ errorCode }) => [errorCode],
    );
    if (errorNameOf(joined.errorCode) === 'MEMBER_ID_REQUIRED') {
      this.#memberId = joined.memberId;
      return null;
    }
    if (!this.#goesOn(joined.errorCode, 'join')) return null;
    this.#memberId = joined.memberId;
    this.#generationId = joined.generationId;
    return joined;
  }

  /** Null when the group rebalances again. */
  async #sync(joined: Joined): Promise<readonly number[] | null> {
    const { groupId, topic } = this.#options;
    const assignments = await this.#assignments(joined);
    const { errorCode, assignment } = await this.#coordinator.ask(
      SyncGroup,
      {
        ...{ groupId, generationId: this.#generationId, memberId: this.#memberId },
        ...{ protocolType: PROTOCOL_TYPE, protocolName: ASSIGNOR, assignments },
      },
      answer => [answer.errorCode],
    );
    if (!this.#goesOn(errorCode, 'sync with')) return null;
    const assigned = PROTOCOL.readAssignment(assignment)?.assignedPartitions ?? [];
    return assigned.filter(one => one.topic === topic.name).flatMap(one => one.partitions);
  }

  /** Everybody's partitions, from the leader; nothing from the others. */
  async #assignments({ leader, memberId, members }: Joined) {
    this.#lead = null;
    if (leader !== memberId) return [];
    const topics = await this.#options.cluster.topics();
    this.#lead = { members, counts: subscribedCounts(members, topics) };
    return rangeAssignments(members, topics);
  }

  async #stayAlive(): Promise<void> {
    const { groupId } = this.#options;
    const beat = { groupId, generationId: this.#generationId, memberId: this.#memberId };
    for (let beats = 1; !this.#hasLeft; beats++) {
      await this.#heartbeatIsDue();
      const { errorCode } = await this.#coordinator.ask(Heartbeat, beat, one => [one.errorCode]);
      if (!this.#goesOn(errorCode, 'heartbeat to')) return;
      if (beats % HEARTBEATS_PER_LOOK === 0 && (await this.#topicsChanged())) return;
    }
  }

  /** Never resolves when the member leaves meanwhile. */
  #heartbeatIsDue(): Promise<void> {
    return new Promise(resolve => {
      this.#cancelHeartbeat = this.#options.timers.after(HEARTBEAT_MS, resolve);
    });
  }

  async #topicsChanged(): Promise<boolean> {
    if (this.#lead === null) return false;
    const { members, counts } = this.#lead;
    const now = subscribedCounts(members, await this.#options.cluster.topics());
    return (
      now.size !== counts.size || [...now].some(([topic, count]) => counts.get(topic) !== count)
    );
  }

  /** Whether all went well, or else whether to join again; rejects for any other error. */
  #goesOn(code: number, what: string): boolean {
    const name = errorNameOf(code);
    if (!REJOIN.has(name)) expectSuccess(code, `${what} group ${this.#coordinator.groupId}`);
    if (name === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    return !REJOIN.has(name);
  }
}
