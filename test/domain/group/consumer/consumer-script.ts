import { BrokerError } from '../../../../src/domain/model/error.ts';
import type { ConsumerHeartbeat } from '../../../../src/domain/model/group/consumer/heartbeat-request.ts';
import { topicsOf } from '../../../../src/domain/model/group/consumer/assignment.ts';
import type { AssignedTopic } from '../../../../src/domain/model/group/group-events.ts';
import { textTable } from '../../../support/text-table.ts';
import { ConsumerWorld, partitionsText, REBALANCE_MS } from './consumer-world.ts';

/**
 * Plays a table of steps and gives what came of them, so that it can be compared with the table's second column.
 *
 *     topic orders 3 | drop orders | wait 45 (seconds) | restart | state | show a | delete | limit 2
 *     a join orders,payments [static=i] [regex=ord.*] [assignor=range]
 *     a beat [at=2] [owns=orders:0,1;payments:0] [topics=orders] [regex=] [rack=r] [timeout=1]
 *     a leave [static=i]   |   a pause static=i
 *
 * A member answers with its epoch and, when it is told one, its assignment: `3 = orders:0,1`, or with an error. It sends the
 * epoch that it was last told, and says that it owns nothing else than it is told to.
 */
export function play(table: string): { readonly came: string[][]; readonly written: string[][] } {
  const script = new ConsumerScript();
  const written = textTable(table).map(row => row.slice(0, 2));
  const came = written.map(([step]) => [step!, script.say(step!)]);
  return { came, written };
}

export class ConsumerScript {
  readonly world = new ConsumerWorld();
  readonly #epochs = new Map<string, number>();

  say(step: string): string {
    const [subject, verb = '', ...words] = step.split(' ').filter(word => word !== '');
    const count = Number(words[0]);
    switch (subject) {
      case 'topic':
        return this.#done(() => this.world.topic(verb, count));
      case 'drop':
        return this.#done(() => this.world.drop(verb));
      case 'limit':
        return this.#done(() => (this.world.maxSize = Number(verb)));
      case 'wait':
        return this.#done(() => this.world.pass(Number(verb) * 1_000));
      case 'restart':
        return this.#done(() => this.world.restart());
      case 'delete':
        return this.#done(() => this.world.delete('g'));
      case 'state':
        return this.#state();
      case 'show':
        return this.#show(verb);
      default:
        return this.#member(subject!, verb, words);
    }
  }

  #done(act: () => void): string {
    try {
      act();
      return '';
    } catch (error) {
      if (error instanceof BrokerError) return error.code;
      throw error;
    }
  }

  /** `Stable 2/2`: state, group epoch, target epoch. */
  #state(): string {
    const group = this.world.groups.get('g');
    return group ? `${group.state} ${group.epoch}/${group.targetEpoch}` : 'none';
  }

  /** `stable 2 orders:0,1 gives -`: state, epoch, what is assigned, what it is to give up. */
  #show(memberId: string): string {
    const member = this.world.groups.get('g')?.members.get(memberId);
    if (!member) return 'none';
    const { assigned, pendingRevocation } = member;
    return `${member.state} ${member.epoch} ${this.#text(topicsOf(assigned))} gives ${this.#text(topicsOf(pendingRevocation))}`;
  }

  #text(topics: readonly AssignedTopic[]): string {
    return partitionsText(topics, id => this.world.nameOf(id));
  }

  #member(memberId: string, verb: string, words: readonly string[]): string {
    try {
      const request = { memberId, ...this.#verb(memberId, verb), ...this.#options(words) };
      const answer = this.world.heartbeat(request);
      this.#epochs.set(memberId, answer.memberEpoch);
      if (answer.assignment === null) return `${answer.memberEpoch}`;
      return `${answer.memberEpoch} = ${this.#text(answer.assignment)}`;
    } catch (error) {
      if (error instanceof BrokerError) return error.code;
      throw error;
    }
  }

  #verb(memberId: string, verb: string): Partial<ConsumerHeartbeat> {
    switch (verb) {
      case 'join':
        return {
          memberEpoch: 0,
          owned: [],
          rebalanceTimeoutMs: REBALANCE_MS,
          subscribedTopics: [],
        };
      case 'leave':
        return { memberEpoch: -1 };
      case 'pause':
        return { memberEpoch: -2 };
      case 'beat':
        return { memberEpoch: this.#epochs.get(memberId) ?? 0 };
      default:
        throw new Error(`what is to ${verb}?`);
    }
  }

  #options(words: readonly string[]): Partial<ConsumerHeartbeat> {
    let options: Partial<ConsumerHeartbeat> = {};
    for (const word of words) options = { ...options, ...this.#option(word) };
    return options;
  }

  #option(word: string): Partial<ConsumerHeartbeat> {
    const [name, value = ''] = word.split('=');
    switch (name) {
      case 'static':
        return { instanceId: value };
      case 'regex':
        return { subscribedRegex: value };
      case 'assignor':
        return { serverAssignor: value };
      case 'at':
        return { memberEpoch: Number(value) };
      case 'timeout':
        return { rebalanceTimeoutMs: Number(value) };
      case 'rack':
        return { rackId: value };
      case 'owns':
        return { owned: this.#partitions(value) };
      case 'topics':
        return { subscribedTopics: value.split(',') };
      default:
        return { subscribedTopics: name!.split(',') };
    }
  }

  #partitions(text: string): AssignedTopic[] {
    if (text === '-') return [];
    return text.split(';').map(each => {
      const [name, partitions] = each.split(':');
      return { topicId: this.world.idOf(name!), partitions: partitions!.split(',').map(Number) };
    });
  }
}
