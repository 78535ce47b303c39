import type { ErrorName } from '../../error.ts';
import type { JoinedMember } from '../group-commands.ts';
import type { ClassicGroupStored, ClassicMemberFacts, ClassicProtocol } from '../group-events.ts';
import { metadataOf, restoredMember, type ClassicMember } from './classic-member.ts';
import type { ClassicState } from './classic-state.ts';
import { ProtocolVotes } from './protocol-votes.ts';

/** The topics that a ConsumerProtocolSubscription names; null when it cannot be read. */
export type ReadSubscription = (metadata: Buffer) => readonly string[] | null;

/** The protocol type of Kafka's consumers. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

/**
 * A classic group (Kafka's ClassicGroup): who is in it, who leads, who is waited for. What its record keeps is changed by `apply`
 * alone; until the record of a generation is written, that generation, and who is parked or pending, is known here only, and a
 * restart goes back to the generation before.
 */
export class ClassicGroup {
  readonly groupId: string;
  readonly members = new Map<string, ClassicMember>();
  /** Were given an id and have not come back with it yet. */
  readonly pendingJoins = new Set<string>();
  /** Are in the generation and have not synced yet. */
  readonly pendingSyncs = new Set<string>();
  generationId = 0;
  /** Null until somebody has joined. */
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** Null when it was not recorded. */
  stateTimestampMs: number | null;
  /** How long the first rebalance after Empty may still be drawn out; null in every other one. */
  initialDelay: { leftMs: number; stepMs: number; joinedSince: boolean } | null = null;
  /** The topics that its members read, as of this generation; null when that cannot be known. */
  subscribedTopics: ReadonlySet<string> | null = null;
  readonly #readSubscription: ReadSubscription;
  readonly #votes = new ProtocolVotes();
  readonly #staticMembers = new Map<string, string>();
  #state: ClassicState = 'Empty';
  #parkedJoins = 0;

  constructor(groupId: string, readSubscription: ReadSubscription, nowMs: number | null) {
    this.groupId = groupId;
    this.#readSubscription = readSubscription;
    this.stateTimestampMs = nowMs;
  }

  get state(): ClassicState {
    return this.#state;
  }
  get isEmpty(): boolean {
    return this.#state === 'Empty';
  }
  get parkedJoins(): number {
    return this.#parkedJoins;
  }
  get allHaveJoined(): boolean {
    return this.members.size === this.#parkedJoins && this.pendingJoins.size === 0;
  }
  /** The longest that a member asks for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.members.values()) {
      longest = Math.max(longest, member.rebalanceTimeoutMs);
    }
    return longest;
  }
  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  enter(state: ClassicState, nowMs: number): void {
    this.#state = state;
    this.stateTimestampMs = nowMs;
    if (state !== 'PreparingRebalance') this.initialDelay = null;
  }

  staticMemberId(instanceId: string): string | undefined {
    return this.#staticMembers.get(instanceId);
  }

  /** Why this is not a member, or null. A static member whose instance has joined anew is fenced (KIP-345). */
  refusalOf(memberId: string, instanceId: string | null): ErrorName | null {
    if (instanceId !== null) {
      const current = this.staticMemberId(instanceId);
      if (current !== undefined && current !== memberId) return 'FENCED_INSTANCE_ID';
      if (current === undefined) return 'UNKNOWN_MEMBER_ID';
    }
    return this.members.has(memberId) ? null : 'UNKNOWN_MEMBER_ID';
  }

  /** Whether a member with these protocols can be in the group together with those that are. */
  agreesOn(protocolType: string, protocols: readonly ClassicProtocol[]): boolean {
    if (this.isEmpty) return protocolType !== '' && protocols.length > 0;
    const names = protocols.map(({ name }) => name);
    return (
      this.protocolType === protocolType && this.#votes.supportsOneOf(names, this.members.size)
    );
  }

  electProtocol(): string {
    return this.#votes.elect(this.members);
  }

  add(member: ClassicMember, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType;
    this.leaderId ??= member.memberId;
    this.#put(member);
    this.pendingJoins.delete(member.memberId);
  }

  /** Forgets whoever has this id, member or pending; the next member leads if the leader goes. */
  remove(memberId: string): void {
    const member = this.members.get(memberId);
    if (member) this.#take(member);
    this.pendingJoins.delete(memberId);
    this.pendingSyncs.delete(memberId);
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null;
  }

  /** Gives a static member its new id. */
  rename(member: ClassicMember, memberId: string): ClassicMember {
    const renamed = { ...member, memberId, parkedJoin: null, parkedSync: null };
    this.#take(member);
    this.#put(renamed);
    if (this.leaderId === member.memberId) this.leaderId = memberId;
    if (this.pendingSyncs.delete(member.memberId)) this.pendingSyncs.add(memberId);
    return renamed;
  }

  setProtocols(member: ClassicMember, protocols: readonly ClassicProtocol[]): void {
    this.#votes.remove(member);
    member.protocols = protocols;
    this.#votes.add(member);
  }

  parkJoin(member: ClassicMember, replyTo: number): void {
    if (member.parkedJoin === null) this.#parkedJoins += 1;
    member.parkedJoin = replyTo;
  }
  /** Gives the reply that waited, if one did. */
  takeJoin(member: ClassicMember): number | null {
    const { parkedJoin } = member;
    if (parkedJoin !== null) this.#parkedJoins -= 1;
    member.parkedJoin = null;
    return parkedJoin;
  }

  /** Begins a generation: the protocol is elected, and what its members read is noted. */
  beginGeneration(nowMs: number): void {
    this.generationId += 1;
    this.protocolName = this.electProtocol();
    this.noteSubscriptions();
    this.pendingSyncs.clear();
    this.enter('CompletingRebalance', nowMs);
  }

  noteSubscriptions(): void {
    this.subscribedTopics = this.#subscriptions();
  }

  /** What the leader is told of the members. */
  joinedMembers(): JoinedMember[] {
    const protocolName = this.protocolName!;
    return Array.from(this.members.values(), member => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      metadata: metadataOf(member, protocolName),
    }));
  }

  /**
   * Becomes what the record says; members that are here already keep their parked requests and all their protocols. Members
   * without a leader come from a consumer group, and are to join again.
   */
  apply(event: ClassicGroupStored): void {
    const before = new Map(this.members);
    for (const member of before.values()) this.#take(member);
    for (const facts of event.members) {
      this.#put(present(before.get(facts.memberId), event, facts));
    }
    this.generationId = event.generationId;
    this.protocolType = event.protocolType === '' ? null : event.protocolType;
    this.protocolName = event.protocolName;
    this.leaderId = event.leaderId;
    this.noteSubscriptions();
    this.enter(stateOf(event), 0);
    this.stateTimestampMs = event.stateTimestampMs;
  }

  #put(member: ClassicMember): void {
    this.members.set(member.memberId, member);
    this.#votes.add(member);
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.memberId);
    if (member.parkedJoin !== null) this.#parkedJoins += 1;
  }

  #take(member: ClassicMember): void {
    this.members.delete(member.memberId);
    this.#votes.remove(member);
    if (member.instanceId !== null) this.#staticMembers.delete(member.instanceId);
    if (member.parkedJoin !== null) this.#parkedJoins -= 1;
  }

  #subscriptions(): ReadonlySet<string> | null {
    if (!this.usesConsumerProtocol) return null;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      const read = this.#readSubscription(metadataOf(member, this.protocolName ?? ''));
      if (read === null) return null;
      for (const topic of read) topics.add(topic);
    }
    return topics;
  }
}

function stateOf({ members, leaderId }: ClassicGroupStored): ClassicState {
  if (members.length === 0) return 'Empty';
  return leaderId === null ? 'PreparingRebalance' : 'Stable';
}

/**
 * The member that a record tells of. One that is here already is what the record was made of, unless the log is read again: then
 * an older record was of other protocols, or of another subscription.
 */
function present(
  member: ClassicMember | undefined,
  { protocolName }: ClassicGroupStored,
  facts: ClassicMemberFacts,
): ClassicMember {
  const protocol = member?.protocols.find(({ name }) => name === protocolName);
  if (!member || !protocol?.metadata.equals(facts.subscription)) {
    return restoredMember(facts, protocolName);
  }
  const { rebalanceTimeoutMs, sessionTimeoutMs } = restoredMember(facts, protocolName);
  member.rebalanceTimeoutMs = rebalanceTimeoutMs;
  member.sessionTimeoutMs = sessionTimeoutMs;
  member.assignment = facts.assignment;
  return member;
}
