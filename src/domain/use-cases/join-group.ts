import type { BrokerConfig } from '../model/cluster/broker-config.ts';
import { BrokerError } from '../model/error.ts';
import type { JoinGroupReply } from '../model/group/group-commands.ts';
import type { ClassicProtocol } from '../model/group/group-events.ts';
import type { Random } from '../../ports/random.ts';
import type { GroupCoordinators, Question } from './runtime/group-coordinators.ts';
import { requireGroupId } from './runtime/require-group-id.ts';
import { whileConnected } from './runtime/while-connected.ts';

export type JoinGroupCommand = Omit<Question<'join-group'>, 'type' | 'newMemberId'>;

/** Makes somebody a member of a classic group: answered when the group's next generation begins. */
export class JoinGroup {
  readonly #groups: GroupCoordinators;
  readonly #broker: BrokerConfig;
  readonly #random: Random;

  constructor(groups: GroupCoordinators, broker: BrokerConfig, random: Random) {
    this.#groups = groups;
    this.#broker = broker;
    this.#random = random;
  }

  /** Rejects with INVALID_GROUP_ID or INVALID_SESSION_TIMEOUT, and as GroupCoordinators.ask does. */
  async execute(command: JoinGroupCommand, signal: AbortSignal): Promise<JoinGroupReply> {
    requireGroupId(command.groupId);
    this.#checkSessionTimeout(command.sessionTimeoutMs);
    const { instanceId, clientId } = command;
    const answer = this.#groups.ask<'join-group'>({
      ...command,
      type: 'join-group',
      protocols: eachOnce(command.protocols),
      newMemberId: `${shortened(instanceId ?? clientId)}-${this.#random.uuid()}`,
    });
    return whileConnected(answer, signal);
  }

  #checkSessionTimeout(ms: number): void {
    const least = this.#broker.get('group.min.session.timeout.ms');
    const most = this.#broker.get('group.max.session.timeout.ms');
    if (ms >= least && ms <= most) return;
    const message = `a session timeout is from ${least} to ${most} ms, not ${ms}`;
    throw new BrokerError('INVALID_SESSION_TIMEOUT', message);
  }
}

/** A member's id must fit where ids are written: 32,767 bytes, of which a text of the client's could take all. */
const PREFIX_MAX = 1000;

/** No half of a pair is left at the end, for it would not be written as it is. */
function shortened(prefix: string): string {
  return prefix.slice(0, PREFIX_MAX).replace(/[\uD800-\uDBFF]$/, '');
}

/** A protocol that is named twice is what it was first. */
function eachOnce(protocols: readonly ClassicProtocol[]): readonly ClassicProtocol[] {
  const names = new Set<string>();
  return protocols.filter(({ name }) => names.size < names.add(name).size);
}
