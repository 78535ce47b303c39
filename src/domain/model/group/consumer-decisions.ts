import { BrokerError } from '../error.ts';
import type { ConsumerDecision } from './consumer/decision.ts';
import { bytesOf } from './event-size.ts';
import type { GroupEvent } from './group-events.ts';
import type { GroupSurroundings } from './group-surroundings.ts';
import type { Groups } from './groups.ts';
import { downgradeAfter } from './migration/downgrade.ts';
import type { MigrationEnvironment } from './migration/migration-environment.ts';
import type { Turn } from './turn.ts';

/** A decision that may reach beyond consumer groups. */
export interface Decision<Answer> extends Omit<ConsumerDecision<Answer>, 'events'> {
  readonly events: readonly GroupEvent[];
}

/** Takes over into a turn what is decided about consumer groups, whichever protocol was spoken. */
export class ConsumerDecisions {
  readonly #groups: Groups;
  readonly #surroundings: GroupSurroundings;

  constructor(groups: Groups, surroundings: GroupSurroundings) {
    this.#groups = groups;
    this.#surroundings = surroundings;
  }

  /**
   * The group goes back to being a classic one when the decision leaves only members of that protocol; then `downgraded`. Throws
   * UNKNOWN_SERVER_ERROR, as Kafka's CoordinatorRuntime does, when the events are too many for one batch: then nothing has
   * happened, and what the group has noticed counts as not noticed.
   */
  take<Answer>(
    groupId: string,
    turn: Turn,
    decide: (environment: MigrationEnvironment) => Decision<Answer>,
  ): { readonly answer: Answer; readonly downgraded: boolean } {
    const environment = this.environment(turn.nowMs);
    const group = this.#groups.consumer.get(groupId);
    const seen = group?.seen;
    const decision = decide(environment);
    const downgrade = group ? downgradeAfter(group, decision.events, environment) : null;
    const { events, effects } = downgrade ?? decision;
    if (bytesOf(events) > environment.broker.maxEventBytes) {
      if (group && seen) group.seen = seen;
      const message = `What the group ${groupId} is to write is too large for a batch of records.`;
      throw new BrokerError('UNKNOWN_SERVER_ERROR', message);
    }
    if (group && decision.awaitedJoin) group.noteJoin(decision.awaitedJoin);
    turn.add({ events, effects });
    return { answer: decision.answer, downgraded: downgrade !== null };
  }

  /** For whoever makes members, the id of a new one is given beside. */
  environment(nowMs: number): MigrationEnvironment {
    const { settings, topics, compileRegex, embedded } = this.#surroundings;
    const { consumer } = settings;
    const newMemberId = noMemberId;
    return {
      nowMs,
      topics,
      compileRegex,
      embedded,
      settings: consumer,
      broker: settings,
      newMemberId,
    };
  }
}

function noMemberId(): string {
  throw new Error('only a heartbeat makes members');
}
