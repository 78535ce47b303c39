import type {
  HeartbeatReply,
  JoinGroupReply,
  SyncGroupReply,
} from '../../src/domain/model/group/group-commands.ts';
import type { GroupWorld } from './group-world.ts';

export const GROUP = 'g';
export const PARTITIONS = 7;
export const SESSION_MS = 10_000;

/** Is told who owns what from now on, and who owns nothing any more. */
export interface OwnershipWatch {
  owns(consumer: SimulatedConsumer, generationId: number, partitions: readonly number[]): void;
}

/**
 * A consumer of a classic group as clients behave: joins, syncs, heartbeats, and joins again when it is told to, over a connection
 * that may break. It does one thing at each step, and hears answers whenever they come.
 */
export class SimulatedConsumer {
  readonly name: string;
  readonly instanceId: string | null;
  memberId = '';
  generationId = -1;
  owned: readonly number[] = [];
  phase: 'out' | 'joining' | 'syncing' | 'member' = 'out';
  readonly #world: GroupWorld;
  readonly #watch: OwnershipWatch;
  readonly #skips: boolean;
  #incarnation = 0;
  #waits = false;
  #members: readonly string[] | null = null;
  #ids = 0;

  constructor(
    given: { name: string; instanceId: string | null; skips: boolean },
    world: GroupWorld,
    watch: OwnershipWatch,
  ) {
    this.name = given.name;
    this.instanceId = given.instanceId;
    this.#skips = given.skips;
    this.#world = world;
    this.#watch = watch;
  }

  /** One that owns as a member that has died is its own heir, if it is static. */
  get identity(): string {
    return this.instanceId ?? this.memberId;
  }
  get isSettled(): boolean {
    return this.phase === 'member' && !this.#waits;
  }

  step(): void {
    if (this.#waits) return;
    if (this.phase === 'out' || this.phase === 'joining') this.#join();
    else if (this.phase === 'syncing') this.#sync();
    else this.#beat();
  }

  /** Its process ends, without a word. */
  crash(): void {
    this.#forget();
    this.memberId = '';
    this.phase = 'out';
  }

  leave(): void {
    if (this.memberId === '') return this.crash();
    const members = [{ memberId: this.memberId, instanceId: this.instanceId }];
    this.crash();
    this.#world.ask({ type: 'leave-group', groupId: GROUP, members }, () => undefined);
  }

  /** The connection breaks: what it waited for is not heard any more, and it tries again. */
  disconnect(): void {
    const waited = this.#waits;
    this.#incarnation += 1;
    this.#waits = false;
    if (waited && this.phase !== 'member') this.phase = 'joining';
  }

  #join(): void {
    // An eager consumer gives up what it has before it joins.
    this.owned = [];
    this.phase = 'joining';
    this.#ask<JoinGroupReply>(
      {
        type: 'join-group',
        groupId: GROUP,
        memberId: this.memberId,
        newMemberId: `${this.name}-${this.#incarnation}-${++this.#ids}`,
        instanceId: this.instanceId,
        clientId: this.name,
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: 30_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from('t') }],
        requiresMemberId: true,
        canSkipAssignment: this.#skips,
      },
      reply => this.#joined(reply),
    );
  }

  #joined(reply: JoinGroupReply): void {
    if (reply.error === 'MEMBER_ID_REQUIRED') this.memberId = reply.memberId;
    else if (reply.error !== null) return this.#refused(reply.error);
    else {
      this.memberId = reply.memberId;
      this.generationId = reply.generationId;
      const leads = reply.leaderId === reply.memberId && !reply.skipAssignment;
      this.#members = leads ? reply.members.map(({ memberId }) => memberId) : null;
      this.phase = 'syncing';
    }
  }

  #sync(): void {
    this.#ask<SyncGroupReply>(
      {
        type: 'sync-group',
        ...this.#claim(),
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: assignmentsFor(this.#members ?? []),
      },
      ({ error, assignment }) => {
        if (error !== null) return this.#refused(error);
        this.phase = 'member';
        this.owned = [...assignment];
        this.#watch.owns(this, this.generationId, this.owned);
      },
    );
  }

  #beat(): void {
    this.#ask<HeartbeatReply>({ type: 'heartbeat', ...this.#claim() }, ({ error }) => {
      if (error !== null) this.#refused(error);
    });
  }

  #refused(error: string): void {
    this.owned = [];
    this.phase = 'joining';
    if (error === 'UNKNOWN_MEMBER_ID') this.memberId = '';
    // Another process has its instance id: this one ends.
    if (error === 'FENCED_INSTANCE_ID') this.crash();
  }

  #claim() {
    const { memberId, instanceId, generationId } = this;
    return { groupId: GROUP, memberId, instanceId, generationId };
  }

  #ask<R>(command: Parameters<GroupWorld['ask']>[0], heard: (reply: R) => void): void {
    const incarnation = this.#incarnation;
    this.#waits = true;
    this.#world.ask(command, reply => {
      if (incarnation !== this.#incarnation) return;
      this.#waits = false;
      heard(reply as R);
    });
  }

  #forget(): void {
    this.#incarnation += 1;
    this.#waits = false;
    this.owned = [];
  }
}

/** Every partition to one member, a byte each. */
function assignmentsFor(members: readonly string[]) {
  return members.map((memberId, at) => {
    const own = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const assignment = Buffer.from(own.filter(partition => partition % members.length === at));
    return { memberId, assignment };
  });
}
