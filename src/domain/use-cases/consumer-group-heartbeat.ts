import { BrokerError } from '../model/error.ts';
import type { ConsumerHeartbeatAnswer } from '../model/group/consumer/heartbeat-request.ts';
import type { Random } from '../../ports/random.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';

export type ConsumerGroupHeartbeatCommand = Omit<
  Question<'consumer-heartbeat'>,
  'type' | 'newMemberId'
>;

/** Makes somebody a member of a consumer group, keeps it one, or lets it go (KIP-848). */
export class ConsumerGroupHeartbeat {
  readonly #groups: GroupCoordinators;
  readonly #random: Random;

  constructor(groups: GroupCoordinators, random: Random) {
    this.#groups = groups;
    this.#random = random;
  }

  /** Rejects with whatever the group refuses or fences the member with, and as GroupCoordinators.ask does. */
  async execute(command: ConsumerGroupHeartbeatCommand): Promise<ConsumerHeartbeatAnswer> {
    const { error, message, answer } = await this.#groups.ask<'consumer-heartbeat'>({
      ...command,
      type: 'consumer-heartbeat',
      newMemberId: command.memberId === '' ? this.#random.uuid() : command.memberId,
    });
    if (answer === null) throw new BrokerError(error!, message!);
    return answer;
  }
}
