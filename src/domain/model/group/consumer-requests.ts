import { BrokerError } from '../error.ts';
import { attempt } from '../outcome.ts';
import type { ClassicGroup } from './classic/classic-group.ts';
import { ClassicStep } from './classic/classic-step.ts';
import type { ConsumerDecisions, Decision } from './consumer-decisions.ts';
import { JOIN_EPOCH } from './consumer/consumer-member.ts';
import { timerKey, type ConsumerTimer } from './consumer/decision.ts';
import { decideHeartbeat } from './consumer/heartbeat.ts';
import { validateHeartbeat, type ConsumerHeartbeatAnswer } from './consumer/heartbeat-request.ts';
import type { BeatConsumer, DescribeConsumerGroup } from './group-commands.ts';
import type { GroupSettings } from './group-settings.ts';
import type { Groups } from './groups.ts';
import type { MigrationEnvironment } from './migration/migration-environment.ts';
import { sendBack, upgradeGroup } from './migration/upgrade.ts';
import type { Turn } from './turn.ts';

/** When a timer is tried again whose events cannot be written (Kafka's CoordinatorTimer does the same). */
const RETRY_MS = 500;

/** What members of the consumer protocol ask for (KIP-848). */
export class ConsumerRequests {
  readonly #groups: Groups;
  readonly #settings: GroupSettings;
  readonly #decisions: ConsumerDecisions;

  constructor(groups: Groups, settings: GroupSettings, decisions: ConsumerDecisions) {
    this.#groups = groups;
    this.#settings = settings;
    this.#decisions = decisions;
  }

  heartbeat(command: BeatConsumer, turn: Turn): void {
    const { replyTo, groupId } = command;
    const classic = this.#groups.classic.get(groupId);
    attempt(
      () => {
        const { answer } = this.#decisions.take(groupId, turn, environment =>
          this.#heartbeat(command, classic, environment),
        );
        if (classic) sendBack(new ClassicStep(classic, turn, this.#settings));
        turn.reply(replyTo, { error: null, message: null, answer });
      },
      ({ error, message }) => turn.reply(replyTo, { error, message, answer: null }),
    );
  }

  describe({ groupId, replyTo }: DescribeConsumerGroup, turn: Turn): void {
    const environment = this.#decisions.environment(turn.nowMs);
    attempt(
      () => {
        if (this.#groups.classic.has(groupId)) throw noConsumerGroup(groupId);
        const group = this.#groups.consumer.describe(groupId, environment);
        turn.reply(replyTo, { error: null, message: null, group });
      },
      ({ error, message }) => turn.reply(replyTo, { error, message, group: null }),
    );
  }

  timerRan(timer: ConsumerTimer, turn: Turn): void {
    attempt(
      () => {
        this.#decisions.take(timer.groupId, turn, environment =>
          this.#groups.consumer.timeout(timer, environment),
        );
      },
      () => turn.setTimer(timerKey(timer), RETRY_MS),
    );
  }

  /** Members of groups that were just replayed have a whole session's time to show up. */
  resume(turn: Turn): void {
    const effects = this.#groups.consumer.timersOfLoaded(() => this.#settings.consumer);
    turn.add({ events: [], effects });
  }

  /** Whoever joins makes a consumer group of a classic one: an empty one gives way, another takes its members along. */
  #heartbeat(
    command: BeatConsumer,
    classic: ClassicGroup | undefined,
    known: MigrationEnvironment,
  ): Decision<ConsumerHeartbeatAnswer> {
    const { groupId, memberEpoch, newMemberId } = command;
    const brings = command.memberId !== '';
    const environment = brings ? known : { ...known, newMemberId: () => newMemberId };
    validateHeartbeat(command, environment.settings.assignors);
    if (classic && memberEpoch !== JOIN_EPOCH) throw noConsumerGroup(groupId);
    if (classic && !classic.isEmpty) return upgradeAndJoin(classic, command, environment);
    const decision = this.#groups.consumer.heartbeat(command, environment);
    if (!classic) return decision;
    const events = [{ type: 'classic-group-deleted', groupId } as const, ...decision.events];
    return { ...decision, events };
  }
}

function upgradeAndJoin(
  classic: ClassicGroup,
  command: BeatConsumer,
  environment: MigrationEnvironment,
): Decision<ConsumerHeartbeatAnswer> {
  const upgrade = upgradeGroup(classic, environment);
  const { events, effects, answer } = decideHeartbeat(upgrade.group, command, environment);
  return {
    events: [...upgrade.events, ...events],
    effects: [...upgrade.effects, ...effects],
    answer,
  };
}

function noConsumerGroup(groupId: string): BrokerError {
  return new BrokerError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`);
}
