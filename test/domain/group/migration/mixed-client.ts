import type {
  BeatConsumerReply,
  GroupReply,
  HeartbeatReply,
  JoinGroupReply,
  SyncGroupReply,
} from '../../../../src/domain/model/group/group-commands.ts';
import type { AssignedTopic } from '../../../../src/domain/model/group/group-events.ts';
import type { GroupWorld } from '../../../support/group-world.ts';
import { partitionsIn } from '../../../support/text-protocol.ts';
import { assignAll, partitionsOf, subscriptionText } from './mixed-assignor.ts';

export const GROUP = 'g';
export const SESSION_MS = 10_000;
export const REBALANCE_MS = 30_000;

/** How a process consumes: by which protocol, and (of a classic one) whether it gives all up before it joins. */
export type Speech = 'eager' | 'cooperative' | 'consumer';

/** Is told what somebody got, and in which generation or epoch. */
export interface OwnershipWatch {
  got(client: MixedClient, epoch: number, partitions: Iterable<string>): void;
}

/**
 * A consumer as clients are, which may speak another protocol each time its process starts. It does one thing at each step, and
 * hears answers whenever they come, or never. Partitions are told as `topic/partition`.
 */
export class MixedClient {
  readonly name: string;
  readonly instanceId: string | null;
  readonly owned = new Set<string>();
  alive = false;
  memberId = '';
  epoch = -1;
  speech: Speech = 'consumer';
  topics: readonly string[] = [];
  /** How long it takes to give something up (of the consumer protocol). */
  revokeMs = 0;
  readonly #world: GroupWorld;
  readonly #watch: OwnershipWatch;
  #phase: 'joining' | 'syncing' | 'member' = 'joining';
  #connection = 0;
  #waits = false;
  #ids = 0;
  #led: JoinGroupReply['members'] = [];
  /** The version of the topics that it assigned for, of one that leads. */
  #assignedVersion: number | null = null;
  #wanted: ReadonlySet<string> | null = null;
  #revokedAtMs = 0;
  #full = true;

  constructor(
    given: { readonly name: string; readonly instanceId: string | null },
    world: GroupWorld,
    watch: OwnershipWatch,
  ) {
    this.name = given.name;
    this.instanceId = given.instanceId;
    this.#world = world;
    this.#watch = watch;
  }

  /** Whose heir it is when it comes back: a static member is its own. */
  get identity(): string {
    return this.instanceId ?? this.memberId;
  }
  get isSettled(): boolean {
    return this.#phase === 'member' && !this.#waits;
  }

  start(speech: Speech, topics: readonly string[]): void {
    this.#begin();
    this.alive = true;
    this.speech = speech;
    this.topics = topics;
    this.memberId = speech === 'consumer' ? this.#newId() : '';
    this.epoch = speech === 'consumer' ? 0 : -1;
  }

  /** Its process ends, without a word. */
  crash(): void {
    this.#begin();
    this.alive = false;
  }

  /** It says that it goes; a static one of the consumer protocol may say that it comes back. */
  leave(comesBack: boolean): void {
    const { memberId, instanceId } = this;
    this.crash();
    if (memberId === '') return;
    if (this.speech === 'consumer') {
      const memberEpoch = comesBack && instanceId !== null ? -2 : -1;
      return this.#ask(this.#tellingNothing(memberId, memberEpoch), () => undefined);
    }
    const members = [{ memberId, instanceId }];
    this.#ask({ type: 'leave-group', groupId: GROUP, members }, () => undefined);
  }

  /** What it waited for is not heard any more, and it tries again. */
  disconnect(): void {
    const waited = this.#waits;
    this.#connection += 1;
    this.#waits = false;
    this.#full = true;
    if (waited && this.#phase !== 'member' && this.speech !== 'consumer') this.#phase = 'joining';
  }

  step(): void {
    if (!this.alive || this.#waits) return;
    if (this.speech === 'consumer') return this.#tell();
    const { topics } = this.#world;
    if (this.#phase === 'member' && (this.#assignedVersion ?? topics.version) !== topics.version) {
      this.#phase = 'joining';
    }
    if (this.#phase === 'joining') this.#join();
    else if (this.#phase === 'syncing') this.#sync();
    else this.#beat();
  }

  #join(): void {
    if (this.speech === 'eager') this.owned.clear();
    const metadata = Buffer.from(subscriptionText(this.topics, this.owned));
    this.#ask<JoinGroupReply>(
      {
        type: 'join-group',
        ...{ groupId: GROUP, memberId: this.memberId },
        newMemberId: this.#newId(),
        ...{ instanceId: this.instanceId, clientId: this.name, clientHost: '/127.0.0.1' },
        ...{ sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS },
        protocolType: 'consumer',
        protocols: [{ name: this.speech === 'eager' ? 'range' : 'sticky', metadata }],
        ...{ requiresMemberId: true, canSkipAssignment: true },
      },
      reply => this.#joined(reply),
    );
  }

  #joined(reply: JoinGroupReply): void {
    if (reply.error === 'MEMBER_ID_REQUIRED') this.memberId = reply.memberId;
    else if (reply.error !== null) this.#refused(reply.error);
    else {
      this.memberId = reply.memberId;
      this.epoch = reply.generationId;
      const leads = reply.leaderId === reply.memberId;
      this.#led = reply.members;
      this.#assignedVersion = leads ? this.#world.topics.version : null;
      this.#phase = 'syncing';
    }
  }

  #sync(): void {
    this.#ask<SyncGroupReply>(
      {
        type: 'sync-group',
        ...this.#claim(),
        ...{ protocolType: 'consumer', protocolName: null },
        assignments: assignAll(this.#led, this.#world.topics, this.speech === 'cooperative'),
      },
      ({ error, assignment }) => {
        if (error !== null) return this.#refused(error);
        this.#took(new Set(partitionsOf(partitionsIn(assignment.toString()))));
      },
    );
  }

  /** A cooperative member that gave something up joins again, so that others can have it. */
  #took(assigned: ReadonlySet<string>): void {
    const gaveUp = [...this.owned].some(each => !assigned.has(each));
    this.#own(assigned);
    this.#phase = this.speech === 'cooperative' && gaveUp ? 'joining' : 'member';
  }

  #beat(): void {
    this.#ask<HeartbeatReply>({ type: 'heartbeat', ...this.#claim() }, ({ error }) => {
      if (error !== null) this.#refused(error);
    });
  }

  #refused(error: string): void {
    this.#phase = 'joining';
    if (error === 'REBALANCE_IN_PROGRESS') return;
    this.owned.clear();
    if (error === 'UNKNOWN_MEMBER_ID') this.memberId = '';
    // Another process has its instance id: this one ends.
    if (error === 'FENCED_INSTANCE_ID') this.crash();
  }

  #tell(): void {
    this.#reconcile();
    const joins = this.epoch === 0;
    const request = this.#tellingNothing(this.memberId, this.epoch);
    const told = {
      ...{ rebalanceTimeoutMs: REBALANCE_MS, subscribedTopics: this.topics },
      owned: this.#ownedById(),
    };
    const whole = joins || this.#full;
    this.#full = true;
    this.#ask<BeatConsumerReply>(
      whole ? { ...request, ...told } : { ...request, owned: told.owned },
      ({ error, answer }) => {
        if (!answer) return this.#fenced(error!);
        this.#full = false;
        this.epoch = answer.memberEpoch;
        this.#phase = 'member';
        if (answer.assignment) this.#want(answer.assignment);
        this.#reconcile();
      },
    );
  }

  #want(assignment: readonly AssignedTopic[]): void {
    const named = assignment.flatMap(({ topicId, partitions }) => {
      const topic = this.#world.topics.topicWithId(topicId);
      return topic ? [{ topic: topic.name, partitions }] : [];
    });
    this.#wanted = new Set(partitionsOf(named));
    const revokes = [...this.owned].some(each => !this.#wanted!.has(each));
    this.#revokedAtMs = this.#world.nowMs + (revokes ? this.revokeMs : 0);
  }

  /** First gives up, then takes. */
  #reconcile(): void {
    if (this.#wanted === null || this.#world.nowMs < this.#revokedAtMs) return;
    this.#own(this.#wanted);
    this.#wanted = null;
  }

  /** A static member whose place is taken ends; one whose place is not free, or for whom there is no group, tries again. */
  #fenced(error: string): void {
    if (error === 'FENCED_INSTANCE_ID') return this.crash();
    if (error === 'UNRELEASED_INSTANCE_ID' || error === 'UNKNOWN_SERVER_ERROR') return;
    this.owned.clear();
    this.#wanted = null;
    this.#phase = 'joining';
    this.epoch = 0;
  }

  #own(partitions: ReadonlySet<string>): void {
    this.owned.clear();
    for (const each of partitions) this.owned.add(each);
    this.#watch.got(this, this.epoch, partitions);
  }

  #ownedById(): AssignedTopic[] {
    return [...this.owned].map(each => {
      const [topic = '', partition] = each.split('/');
      const topicId = this.#world.topics.topicNamed(topic)!.id;
      return { topicId, partitions: [Number(partition)] };
    });
  }

  #tellingNothing(memberId: string, memberEpoch: number) {
    return {
      type: 'consumer-heartbeat' as const,
      ...{ groupId: GROUP, memberId, memberEpoch },
      ...{ newMemberId: 'unused', instanceId: this.instanceId, rackId: null },
      ...{ rebalanceTimeoutMs: -1, subscribedTopics: null, subscribedRegex: null },
      ...{ serverAssignor: null, owned: null },
      ...{ clientId: this.name, clientHost: '/127.0.0.1', bringsMemberId: true },
    };
  }

  #claim() {
    const { memberId, instanceId, epoch } = this;
    return { groupId: GROUP, memberId, instanceId, generationId: epoch };
  }

  #ask<R extends GroupReply>(
    command: Parameters<GroupWorld['ask']>[0],
    heard: (reply: R) => void,
  ): void {
    const connection = this.#connection;
    this.#waits = true;
    this.#world.ask(command, reply => {
      if (connection !== this.#connection) return;
      this.#waits = false;
      heard(reply as R);
    });
  }

  #newId(): string {
    return `${this.name}-${++this.#ids}`;
  }

  #begin(): void {
    this.#connection += 1;
    this.#waits = false;
    this.owned.clear();
    this.#wanted = null;
    this.#full = true;
    this.#phase = 'joining';
    this.#assignedVersion = null;
  }
}
