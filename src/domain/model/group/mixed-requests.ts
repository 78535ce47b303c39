import type { ErrorName } from '../error.ts';
import { attempt } from '../outcome.ts';
import { refusedJoin, refusedSync } from './classic/classic-step.ts';
import type { ConsumerDecisions, Decision } from './consumer-decisions.ts';
import type { ConsumerGroup } from './consumer/consumer-group.ts';
import type {
  GroupReply,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ReplyId,
  SyncGroup,
} from './group-commands.ts';
import { joinConsumerGroup } from './migration/classic-join.ts';
import {
  heartbeatToConsumerGroup,
  leaveConsumerGroup,
  syncConsumerGroup,
} from './migration/classic-membership.ts';
import type { MigrationEnvironment } from './migration/migration-environment.ts';
import type { Turn } from './turn.ts';

/** What members of the classic protocol ask of a consumer group. */
export class MixedRequests {
  readonly #decisions: ConsumerDecisions;

  constructor(decisions: ConsumerDecisions) {
    this.#decisions = decisions;
  }

  /**
   * A static member that takes the place of the last one of the consumer protocol makes the group a classic one: it is told the
   * generation of that, and joins it when its sync is answered.
   */
  join(group: ConsumerGroup, command: JoinGroup, turn: Turn): void {
    const { memberId, replyTo } = command;
    attempt(
      () => {
        const { answer, downgraded } = this.#decisions.take(group.id, turn, environment =>
          joinConsumerGroup(group, command, environment),
        );
        turn.reply(replyTo, downgraded ? { ...answer, generationId: group.epoch } : answer);
      },
      ({ error }) => turn.reply(replyTo, refusedJoin(memberId, error!)),
    );
  }

  sync(group: ConsumerGroup, command: SyncGroup, turn: Turn): void {
    const decide = (environment: MigrationEnvironment) =>
      syncConsumerGroup(group, command, environment);
    this.#answer(command, turn, decide, refusedSync);
  }

  heartbeat(group: ConsumerGroup, command: Heartbeat, turn: Turn): void {
    const decide = (environment: MigrationEnvironment) =>
      heartbeatToConsumerGroup(group, command, environment);
    this.#answer(command, turn, decide, error => ({ error }));
  }

  leave(group: ConsumerGroup, command: LeaveGroup, turn: Turn): void {
    const decide = (environment: MigrationEnvironment) =>
      leaveConsumerGroup(group, command, environment);
    this.#answer(command, turn, decide, error => ({ error, members: [] }));
  }

  #answer<Reply extends GroupReply>(
    { groupId, replyTo }: { readonly groupId: string; readonly replyTo: ReplyId },
    turn: Turn,
    decide: (environment: MigrationEnvironment) => Decision<Reply>,
    refused: (error: ErrorName) => Reply,
  ): void {
    attempt(
      () => turn.reply(replyTo, this.#decisions.take(groupId, turn, decide).answer),
      ({ error }) => turn.reply(replyTo, refused(error!)),
    );
  }
}
