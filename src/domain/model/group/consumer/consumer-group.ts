import type { Assignment } from '../assignors/assignor.ts';
import type { ConsumerGroupEvent, ConsumerMemberDeleted } from '../group-events.ts';
import { assignmentFrom, NOTHING } from './assignment.ts';
import {
  isReconciledTo,
  newMember,
  withFacts,
  withoutProgress,
  withProgress,
  type ConsumerMember,
} from './consumer-member.ts';
import type { AwaitedJoin } from './decision.ts';
import { PartitionOwners } from './partition-owners.ts';
import { Subscriptions } from './subscriptions.ts';

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead';

/** The topics that an expression stood for when it was looked up. */
export interface ResolvedRegex {
  readonly topics: readonly string[];
  /** Of the cluster's metadata. */
  readonly version: number;
  readonly timestampMs: number;
}

/** What a group has noticed of the topics. */
export interface TopicsSeen {
  /** The version of the topics that the metadata hash was worked out for; null before the first time. */
  readonly version: number | null;
  /** The version that regular expressions were looked up in, which is done less often, and when. */
  readonly regexes: { readonly version: number; readonly atMs: number } | null;
}

/**
 * A group of the consumer protocol (KIP-848). `apply` is the only mutator of what is durable, for what happens now and for what
 * is replayed; the order of events between two of a compacted topic does not matter to it.
 *
 * - Empty: a member joins -> Assigning
 * - Assigning (the group epoch is ahead of the target's): a target is made for it -> Reconciling
 * - Reconciling: every member has its target, in its epoch -> Stable
 * - any: subscriptions or topics change, a member comes or goes: one group epoch later -> Assigning
 * - any: the last member of this protocol goes, and others stay -> a classic group (migration/downgrade.ts)
 * - any: the last member goes -> Empty; Empty: it is deleted -> Dead
 */
export class ConsumerGroup {
  readonly id: string;
  readonly subscriptions = new Subscriptions();
  readonly owners = new PartitionOwners();
  /** Soft: it is not in the log, and begins anew with every replay. */
  seen: TopicsSeen = { version: null, regexes: null };
  readonly #awaitedJoins = new Set<string>();
  readonly #members = new Map<string, ConsumerMember>();
  readonly #target = new Map<string, Assignment>();
  readonly #regexes = new Map<string, ResolvedRegex>();
  readonly #memberOfInstance = new Map<string, string>();
  #epoch = 0;
  #metadataHash = 0n;
  #targetEpoch = 0;
  #hasPartitionMetadata = false;
  #dead = false;

  constructor(id: string) {
    this.id = id;
  }

  get members(): ReadonlyMap<string, ConsumerMember> {
    return this.#members;
  }
  /** What each member is to have. */
  get target(): ReadonlyMap<string, Assignment> {
    return this.#target;
  }
  get regexes(): ReadonlyMap<string, ResolvedRegex> {
    return this.#regexes;
  }
  get epoch(): number {
    return this.#epoch;
  }
  get metadataHash(): bigint {
    return this.#metadataHash;
  }
  /** The group epoch that the target assignment was made for. */
  get targetEpoch(): number {
    return this.#targetEpoch;
  }
  /** A record of Kafka up to 4.0 lies in the log, and is to be deleted. */
  get hasPartitionMetadata(): boolean {
    return this.#hasPartitionMetadata;
  }
  get isDead(): boolean {
    return this.#dead;
  }
  get state(): ConsumerGroupState {
    if (this.#dead) return 'Dead';
    if (this.members.size === 0) return 'Empty';
    if (this.#epoch > this.#targetEpoch) return 'Assigning';
    for (const member of this.members.values()) {
      if (!isReconciledTo(member, this.#targetEpoch)) return 'Reconciling';
    }
    return 'Stable';
  }

  /** By name, and what expressions stand for. */
  get subscribedTopics(): Set<string> {
    const { topics } = this.subscriptions.after([], []);
    for (const resolved of this.regexes.values()) {
      for (const topic of resolved.topics) topics.add(topic);
    }
    return topics;
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#memberOfInstance.get(instanceId);
    return memberId === undefined ? undefined : this.members.get(memberId);
  }

  targetOf(memberId: string): Assignment {
    return this.target.get(memberId) ?? NOTHING;
  }

  /** Whether a member of the classic protocol was told to join again, and has not; then a timer runs for it. Soft, as `seen`. */
  awaitsJoinOf(memberId: string): boolean {
    return this.#awaitedJoins.has(memberId);
  }

  noteJoin({ memberId, isAwaited }: AwaitedJoin): void {
    if (isAwaited) this.#awaitedJoins.add(memberId);
    else this.#awaitedJoins.delete(memberId);
  }

  apply(event: ConsumerGroupEvent): void {
    switch (event.type) {
      case 'consumer-group-stored':
        this.#epoch = event.epoch;
        this.#metadataHash = event.metadataHash;
        return;
      case 'consumer-group-deleted':
        this.#dead = true;
        return;
      case 'consumer-partition-metadata-stored':
      case 'consumer-partition-metadata-deleted':
        this.#hasPartitionMetadata = event.type === 'consumer-partition-metadata-stored';
        return;
      case 'consumer-target-epoch-stored':
        this.#targetEpoch = event.assignmentEpoch;
        return;
      case 'consumer-target-epoch-deleted':
        this.#targetEpoch = 0;
        return;
      case 'consumer-regex-stored':
        this.#regexes.set(event.regex, event);
        return;
      case 'consumer-regex-deleted':
        this.#regexes.delete(event.regex);
        return;
      default:
        return this.#applyToMember(event);
    }
  }

  #applyToMember(event: MemberEvent): void {
    const member = this.#members.get(event.memberId);
    switch (event.type) {
      case 'consumer-member-stored':
        return this.#put(withFacts(member ?? newMember(event.memberId), event));
      case 'consumer-member-deleted':
        return this.#remove(event);
      case 'consumer-current-assignment-stored':
        return this.#put(withProgress(member ?? newMember(event.memberId), event));
      case 'consumer-current-assignment-deleted':
        if (member) this.#put(withoutProgress(member));
        return;
      case 'consumer-target-assignment-stored':
        this.#target.set(event.memberId, assignmentFrom(event.topics));
        return;
      case 'consumer-target-assignment-deleted':
        this.#target.delete(event.memberId);
        return;
    }
  }

  #put(member: ConsumerMember): void {
    const before = this.#members.get(member.memberId);
    if (before) this.#forget(before);
    this.#members.set(member.memberId, member);
    this.owners.add(member);
    this.subscriptions.add(member);
    if (member.instanceId !== null) {
      this.#memberOfInstance.set(member.instanceId, member.memberId);
    }
  }

  #remove({ memberId }: ConsumerMemberDeleted): void {
    const member = this.#members.get(memberId);
    if (member) this.#forget(member);
    this.#members.delete(memberId);
    this.#awaitedJoins.delete(memberId);
  }

  #forget(member: ConsumerMember): void {
    this.owners.remove(member);
    this.subscriptions.remove(member);
    const { instanceId, memberId } = member;
    if (instanceId !== null && this.#memberOfInstance.get(instanceId) === memberId) {
      this.#memberOfInstance.delete(instanceId);
    }
  }
}

type MemberEvent = Extract<ConsumerGroupEvent, { memberId: string }>;
