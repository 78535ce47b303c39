import type {
  BeatConsumerReply,
  DescribeConsumerGroupReply,
} from '../../src/domain/model/group/group-commands.ts';
import type { AssignedTopic } from '../../src/domain/model/group/group-events.ts';
import type { GroupWorld } from './group-world.ts';
import { pair } from './script-stage.ts';

/** Somebody in a script, whose id and epoch commits and heartbeats go by. */
export interface ScriptedMember {
  readonly name: string;
  readonly instanceId: string | null;
  memberId: string;
  /** The member epoch in a consumer group. */
  generationId: number;
}

const GROUP = 'g';
const REBALANCE_TIMEOUT_MS = 60_000;

/**
 * Lets members speak the consumer protocol (KIP-848):
 *
 *     enter A t,u regex=x.* assignor=range     joins, with the id `A`
 *     tick A epoch=3 owns=t:0,1;u:0            heartbeats
 *     exit A      pause A                      leaves, for good or (a static member) for a while
 *
 * Gives what the member hears: its epoch and, if it is told one, its assignment, as `2 = t:0,1`; or an error.
 */
export class ScriptedConsumers {
  readonly #world: GroupWorld;

  constructor(world: GroupWorld) {
    this.#world = world;
  }

  act(verb: string, member: ScriptedMember, words: readonly string[]): string | null {
    const options = new Map(words.filter(word => word.includes('=')).map(pair));
    const [topics] = words.filter(word => !word.includes('='));
    switch (verb) {
      case 'enter':
        return this.#enter(member, topics, options);
      case 'tick':
        return this.#beat(member, { memberEpoch: member.generationId }, options);
      case 'exit':
        return this.#beat(member, { memberEpoch: -1 }, options);
      case 'pause':
        return this.#beat(member, { memberEpoch: -2 }, options);
      default:
        return null;
    }
  }

  /** The state of the group and its members; null when there is no such group. */
  describe(): string | null {
    const question = { type: 'describe-consumer-group', groupId: GROUP } as const;
    const { group } = this.#world.answer<DescribeConsumerGroupReply>(question);
    if (group === null) return null;
    return ['consumer', group.state, ...group.members.map(({ memberId }) => memberId)].join(' ');
  }

  #enter(member: ScriptedMember, topics: string | undefined, options: Map<string, string>): string {
    member.memberId ||= member.name;
    const regex = options.get('regex') ?? null;
    return this.#beat(
      member,
      {
        memberEpoch: 0,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        subscribedTopics: topics?.split(',') ?? (regex === null ? [] : null),
        subscribedRegex: regex,
        owned: [],
      },
      options,
    );
  }

  #beat(member: ScriptedMember, told: object, options: Map<string, string>): string {
    const epoch = options.get('epoch');
    const owned = options.get('owns');
    const { error, answer } = this.#world.answer<BeatConsumerReply>({
      type: 'consumer-heartbeat',
      ...{ groupId: GROUP, memberId: member.memberId, newMemberId: `${member.name}-new` },
      ...{ memberEpoch: 0, instanceId: member.instanceId, rackId: null, rebalanceTimeoutMs: -1 },
      ...{ subscribedTopics: null, subscribedRegex: null, owned: null, bringsMemberId: true },
      ...{ clientId: member.name, clientHost: '/127.0.0.1' },
      serverAssignor: options.get('assignor') ?? null,
      ...told,
      ...(epoch === undefined ? {} : { memberEpoch: Number(epoch) }),
      ...(owned === undefined ? {} : { owned: this.#partitions(owned) }),
    });
    if (answer === null) return error!;
    member.generationId = answer.memberEpoch;
    const { memberEpoch, assignment } = answer;
    return assignment === null ? `${memberEpoch}` : `${memberEpoch} = ${this.#text(assignment)}`;
  }

  #partitions(text: string): AssignedTopic[] {
    if (text === '-') return [];
    return text.split(';').map(each => {
      const [name = '', partitions = ''] = each.split(':');
      const topicId = this.#world.topics.topicNamed(name)!.id;
      return { topicId, partitions: partitions.split(',').map(Number) };
    });
  }

  #text(topics: readonly AssignedTopic[]): string {
    const texts = topics.map(({ topicId, partitions }) => {
      const name = this.#world.topics.topicWithId(topicId)?.name ?? topicId;
      return `${name}:${partitions.join(',')}`;
    });
    return texts.sort().join(';') || '-';
  }
}
