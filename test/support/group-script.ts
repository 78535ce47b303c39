import type {
  CommitOffsetsReply,
  DescribeGroupReply,
  JoinGroupReply,
  SyncGroupReply,
} from '../../src/domain/model/group/group-commands.ts';
import type { GroupSettings } from '../../src/domain/model/group/group-settings.ts';
import { GroupWorld } from './group-world.ts';
import { ScriptedConsumers, type ScriptedMember as Client } from './group-script-consumers.ts';
import { pair, ScriptStage } from './script-stage.ts';

const GROUP = 'g';
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Runs rows of `what happens | what is heard | the group afterwards`; an empty last cell is not looked at. What may happen:
 *
 *     join A range:t1,sticky:t1 session=10s rebalance=60s v=9    A remembers the id and generation that it gets
 *     join S@one ...                                             with the instance id `one`
 *     sync A A=x B=y     beat A     leave A     commit A t/0=5   as the member that it thinks it is
 *     sync A gen=7 type=x name=y                                 or as another
 *     forget A                                                   its process starts anew
 *     enter, tick, exit, pause                                   see ScriptedConsumers
 *     topic t 5   drop t   wait 3s     restart
 *
 * Ids are told as the names of their owners; the group as its state, its generation, and its members, the leader with a star.
 */
export class GroupScript {
  readonly world: GroupWorld;
  readonly #consumers: ScriptedConsumers;
  readonly #clients = new Map<string, Client>();
  readonly #ids = new Map<string, string>();
  readonly #stage: ScriptStage;
  #given = 0;

  constructor(settings: Partial<GroupSettings> = {}) {
    this.world = new GroupWorld(settings);
    this.#consumers = new ScriptedConsumers(this.world);
    const play = { act: (action: string) => this.#act(action), group: () => this.#group() };
    this.#stage = new ScriptStage(this.world, play);
  }

  run(table: string): void {
    this.#stage.run(table);
  }

  /** The member id of a client. */
  idOf(name: string): string {
    return this.#client(name).memberId;
  }

  #act(action: string): void {
    const [verb, who = '', ...words] = action.split(/\s+/);
    const options = new Map(words.filter(word => word.includes('=')).map(pair));
    const plain = words.filter(word => !word.includes('='));
    if (verb === 'join') return this.#join(this.#client(who), plain, options);
    if (verb === 'sync') return this.#sync(this.#client(who), options);
    if (verb === 'beat') return this.#stage.beat(...this.#claimant(who, options));
    if (verb === 'leave') return this.#stage.leave(...this.#claimant(who, options));
    if (verb === 'commit') return this.#commit(this.#client(who), options);
    if (verb === 'forget') return void (this.#client(who).memberId = '');
    if (verb === 'topic') return void this.world.topics.put(who, Number(words[0]));
    if (verb === 'drop') return this.world.topics.drop(who);
    if (verb === 'wait') return this.world.pass(msOf(who));
    if (verb === 'restart') return this.world.restart();
    const told = this.#consumers.act(verb!, this.#client(who), words);
    if (told === null) throw new Error(`nobody knows how to ${verb}`);
    this.#stage.hear(this.#client(who).name, told);
  }

  #join(client: Client, [protocols = 'range:t']: string[], options: Map<string, string>): void {
    const version = Number(options.get('v') ?? 9);
    const newMemberId = `${client.name}-${++this.#given}`;
    this.#ids.set(newMemberId, client.name);
    this.world.ask(
      {
        type: 'join-group',
        groupId: GROUP,
        memberId: options.get('id') ?? client.memberId,
        newMemberId,
        instanceId: client.instanceId,
        clientId: client.name,
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: msOf(options.get('session') ?? '10s'),
        rebalanceTimeoutMs: msOf(options.get('rebalance') ?? '60s'),
        protocolType: options.get('type') ?? 'consumer',
        protocols: protocols
          .split(',')
          .filter(text => text !== '-')
          .map(text => {
            const [name = '', topics = ''] = text.split(':');
            return { name, metadata: Buffer.from(topics.replaceAll('+', ' ')) };
          }),
        requiresMemberId: version >= 4,
        canSkipAssignment: version >= 9,
      },
      reply => this.#joined(client, reply as JoinGroupReply),
    );
  }

  #joined(client: Client, reply: JoinGroupReply): void {
    if (reply.memberId !== '') client.memberId = reply.memberId;
    if (reply.error !== null) return this.#stage.hear(client.name, reply.error);
    client.generationId = reply.generationId;
    const members = reply.members.map(({ memberId }) => this.#nameOf(memberId)).join(' ');
    const older = this.#isOlder(reply.leaderId) ? 'older ' : '';
    const follows = `, ${older}${this.#nameOf(reply.leaderId)} leads`;
    const leads = reply.members.length > 0 ? ` leads ${members}` : follows;
    const skips = reply.skipAssignment ? ' skips' : '';
    this.#stage.hear(
      client.name,
      `joined ${reply.generationId} ${reply.protocolName}${leads}${skips}`,
    );
  }

  #sync(client: Client, options: Map<string, string>): void {
    const names = [...options.keys()].filter(name => this.#clients.has(name));
    this.world.ask(
      {
        type: 'sync-group',
        ...this.#claim(client, options),
        protocolType: options.get('type') ?? null,
        protocolName: options.get('name') ?? null,
        assignments: names.map(name => ({
          memberId: this.idOf(name),
          assignment: Buffer.from(options.get(name)!),
        })),
      },
      reply => {
        const { error, assignment } = reply as SyncGroupReply;
        this.#stage.hear(client.name, error ?? `got ${assignment.toString() || 'nothing'}`);
      },
    );
  }

  #commit(client: Client, options: Map<string, string>): void {
    const offsets = [...options].flatMap(([name, value]) => {
      const [topic = '', partition] = name.split('/');
      const given = { leaderEpoch: null, metadata: options.get('meta') ?? '' };
      if (partition === undefined) return [];
      const topicId = this.world.topics.topicNamed(topic)?.id ?? null;
      return [{ topic, topicId, partition: Number(partition), offset: Number(value), ...given }];
    });
    const retention = options.get('retention');
    const command = {
      type: 'commit-offsets',
      ...this.#claim(client, options),
      retentionMs: retention === undefined ? null : msOf(retention),
      knowsMissingGroup: Number(options.get('v')) >= 9,
      offsets,
    } as const;
    this.#stage.ask(client.name, command, reply => (reply as CommitOffsetsReply).errors[0] ?? null);
  }

  #claimant(who: string, options: Map<string, string>) {
    const client = this.#client(who);
    return [client.name, this.#claim(client, options)] as const;
  }

  #claim(client: Client, options: Map<string, string>) {
    return {
      groupId: GROUP,
      memberId: options.has('id') ? options.get('id')!.replace('none', '') : client.memberId,
      instanceId: options.get('instance') ?? client.instanceId,
      generationId: Number(options.get('gen') ?? client.generationId),
    };
  }

  #client(text: string): Client {
    const [name = '', instanceId = null] = text.split('@');
    let client = this.#clients.get(name);
    if (!client) {
      client = { name, instanceId, memberId: '', generationId: -1 };
      this.#clients.set(name, client);
    }
    return client;
  }

  /** Whether its owner has another id by now. */
  #isOlder(memberId: string): boolean {
    return this.#clients.get(this.#nameOf(memberId))?.memberId !== memberId;
  }

  #nameOf(memberId: string): string {
    return this.#ids.get(memberId) ?? memberId;
  }

  #group(): string {
    const consumers = this.#consumers.describe();
    if (consumers !== null) return consumers;
    const question = { type: 'describe-group', groupId: GROUP } as const;
    const { state, members } = this.world.answer<DescribeGroupReply>(question);
    return [state, ...members.map(({ memberId }) => this.#nameOf(memberId))].join(' ');
  }
}

function msOf(text: string): number {
  const [, number, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`${text} is no time`);
  return Number(number) * UNITS[unit!]!;
}
