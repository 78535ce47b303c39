import { BrokerError } from '../../error.ts';
import type { ConsumerGroupEvent } from '../group-events.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { JOIN_EPOCH } from './consumer-member.ts';
import type { ConsumerDecision, ConsumerTimer, TimerEffect } from './decision.ts';
import { describeGroup, type DescribedConsumerGroup } from './description.ts';
import type { ConsumerGroupSettings, GroupEnvironment } from './environment.ts';
import { decideHeartbeat } from './heartbeat.ts';
import {
  isLeave,
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
} from './heartbeat-request.ts';
import { decideLeave, decideTimeout, groupRemoved } from './member-removal.ts';
import { timersOfLoaded } from './member-timers.ts';

/**
 * All groups of the consumer protocol in one partition of the offsets topic. What is decided comes true when its events are
 * applied; a decision changes nothing but notes that may be lost.
 */
export class ConsumerGroups {
  readonly #groups = new Map<string, ConsumerGroup>();

  get(groupId: string): ConsumerGroup | undefined {
    return this.#groups.get(groupId);
  }
  groups(): IterableIterator<ConsumerGroup> {
    return this.#groups.values();
  }

  /** The request is valid. Only a member that joins makes a group. Throws a BrokerError when it is refused. */
  heartbeat(
    request: ConsumerHeartbeat,
    environment: GroupEnvironment,
  ): ConsumerDecision<ConsumerHeartbeatAnswer> {
    if (isLeave(request)) return decideLeave(this.#find(request.groupId), request, environment);
    const group =
      request.memberEpoch === JOIN_EPOCH
        ? (this.get(request.groupId) ?? new ConsumerGroup(request.groupId))
        : this.#find(request.groupId);
    return decideHeartbeat(group, request, environment);
  }

  timeout(timer: ConsumerTimer, environment: GroupEnvironment): ConsumerDecision<null> {
    const group = this.get(timer.groupId);
    if (!group) return { events: [], effects: [], answer: null };
    return decideTimeout(group, timer, environment);
  }

  /** Throws GROUP_ID_NOT_FOUND or NON_EMPTY_GROUP. */
  delete(groupId: string): ConsumerDecision<null> {
    const group = this.#find(groupId);
    if (group.state !== 'Empty') {
      throw new BrokerError('NON_EMPTY_GROUP', `The group ${groupId} is not empty.`);
    }
    return { events: groupRemoved(group), effects: [], answer: null };
  }

  /** Throws GROUP_ID_NOT_FOUND. */
  describe(
    groupId: string,
    environment: Pick<GroupEnvironment, 'topics' | 'settings'>,
  ): DescribedConsumerGroup {
    return describeGroup(this.#find(groupId), environment);
  }

  /** The timers to be set when the log has been read. */
  timersOfLoaded(settings: (groupId: string) => ConsumerGroupSettings): TimerEffect[] {
    return [...this.groups()].flatMap(group => timersOfLoaded(group, settings(group.id)));
  }

  apply(event: ConsumerGroupEvent): void {
    const group = this.get(event.groupId);
    if (group) {
      group.apply(event);
      if (group.isDead) this.#groups.delete(group.id);
      return;
    }
    // Compaction may leave the tombstones of a group alone.
    if (event.type.endsWith('-deleted')) return;
    const created = new ConsumerGroup(event.groupId);
    created.apply(event);
    this.#groups.set(created.id, created);
  }

  #find(groupId: string): ConsumerGroup {
    const group = this.get(groupId);
    if (group) return group;
    throw new BrokerError('GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`);
  }
}
