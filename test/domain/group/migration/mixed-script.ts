import type {
  BeatConsumerReply,
  CommitOffsetsReply,
  DescribeConsumerGroupReply,
  DescribeGroupReply,
  JoinGroupReply,
  SyncGroupReply,
} from '../../../../src/domain/model/group/group-commands.ts';
import type { AssignedTopic } from '../../../../src/domain/model/group/group-events.ts';
import type { GroupSettings } from '../../../../src/domain/model/group/group-settings.ts';
import { GroupWorld } from '../../../support/group-world.ts';
import { pair, ScriptStage } from '../../../support/script-stage.ts';
import { partitionsIn, partitionsText } from '../../../support/text-protocol.ts';

interface Client {
  readonly name: string;
  readonly instanceId: string | null;
  memberId: string;
  /** The generation of a classic member, the epoch of another. */
  epoch: number;
}

const GROUP = 'g';

/**
 * Runs rows of `what happens | what is heard | the group afterwards`; an empty last cell is not looked at. Members of the classic
 * protocol join, sync, beat, leave and commit; those of the consumer protocol enter, tell (what they own), exit and pause:
 *
 *     join A [owns=t/0] [topics=t+u] [protocols=range,rr] [type=x] [session=10] [needs-id]     join S@i, with an instance id
 *     sync A [B=t/0] [gen=2] [type=x] [name=x]     beat A [gen=2]     leave A [id=x]     commit A t/0=5 [gen=2]
 *     enter C [topics=t+u] [regex=t.*] [assignor=x] [instance=i]     tell C [owns=t/0] [at=2]     exit C     pause C
 *     forget A | wait 3 (seconds) | restart | grow t 4 | events
 *
 * A consumer group is told as `Stable 3: A/2 t/0; C 3 t/1`: its epoch, and what its members have in theirs, where `/` marks those
 * of the classic protocol; a classic group as `classic Stable: A t/0; B t/1`.
 */
export class MixedScript {
  readonly world: GroupWorld;
  readonly #clients = new Map<string, Client>();
  readonly #stage: ScriptStage;
  #ids = 0;

  constructor(settings: Partial<GroupSettings> = {}) {
    this.world = new GroupWorld({ initialRebalanceDelayMs: 0, ...settings });
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
    const [verb = '', who = '', ...words] = action.split(/\s+/);
    const options = new Map(words.map(pair));
    const act = this.#actions[verb];
    if (!act) throw new Error(`nobody knows how to ${verb}`);
    act(who, options, words);
  }

  readonly #actions: Readonly<Record<string, Action>> = {
    join: (who, options) => this.#join(this.#client(who), options),
    sync: (who, options) => this.#sync(this.#client(who), options),
    beat: (who, options) => this.#stage.beat(...this.#claimant(who, options)),
    leave: (who, options) => this.#stage.leave(...this.#claimant(who, options)),
    commit: (who, options) => this.#commit(this.#client(who), options),
    enter: (who, options) => this.#tell(this.#client(who), options.set('join', '')),
    tell: (who, options) => this.#tell(this.#client(who), options),
    exit: (who, options) => this.#tell(this.#client(who), options.set('at', '-1')),
    pause: (who, options) => this.#tell(this.#client(who), options.set('at', '-2')),
    forget: who => void (this.#client(who).memberId = ''),
    wait: seconds => this.world.pass(Number(seconds) * 1000),
    restart: () => this.world.restart(),
    grow: (topic, _, [count]) => void this.world.topics.put(topic, Number(count)),
    drop: topic => this.world.topics.drop(topic),
  };

  #join(client: Client, options: Options): void {
    const metadata = Buffer.from(
      `${(options.get('topics') ?? 't').replaceAll('+', ' ')};${spaced(options.get('owns'))}`,
    );
    const names = (options.get('protocols') ?? 'range').split(',').filter(name => name !== '-');
    this.world.ask(
      {
        type: 'join-group',
        groupId: GROUP,
        memberId: options.get('id') ?? client.memberId,
        newMemberId: this.#newId(client),
        ...{ instanceId: client.instanceId, clientId: client.name, clientHost: '/127.0.0.1' },
        sessionTimeoutMs: Number(options.get('session') ?? 10) * 1000,
        rebalanceTimeoutMs: 60_000,
        protocolType: options.get('type') ?? 'consumer',
        protocols: names.map(name => ({ name, metadata })),
        requiresMemberId: options.has('needs-id'),
        canSkipAssignment: true,
      },
      reply => this.#joined(client, reply as JoinGroupReply),
    );
  }

  #joined(client: Client, reply: JoinGroupReply): void {
    if (reply.memberId !== '') client.memberId = reply.memberId;
    if (reply.error !== null) return this.#stage.hear(client.name, reply.error);
    client.epoch = reply.generationId;
    const leads = reply.leaderId === reply.memberId ? ' leads' : '';
    this.#stage.hear(client.name, `joined ${reply.generationId} ${reply.protocolName}${leads}`);
  }

  #sync(client: Client, options: Options): void {
    const names = [...options.keys()].filter(name => this.#clients.has(name));
    this.world.ask(
      {
        type: 'sync-group',
        ...claim(client, options),
        protocolType: options.get('type') ?? null,
        protocolName: options.get('name') ?? null,
        assignments: names.map(name => ({
          memberId: this.idOf(name),
          assignment: Buffer.from(spaced(options.get(name))),
        })),
      },
      reply => {
        const { error, assignment } = reply as SyncGroupReply;
        this.#stage.hear(client.name, error ?? `got ${assignment.toString() || '-'}`);
      },
    );
  }

  #commit(client: Client, options: Options): void {
    const offsets = [...options].flatMap(([name, value]) => {
      const [topic = '', partition] = name.split('/');
      if (partition === undefined) return [];
      const topicId = this.world.topics.topicNamed(topic)?.id ?? null;
      const given = { topicId, leaderEpoch: null, metadata: '' };
      return [{ topic, partition: Number(partition), offset: Number(value), ...given }];
    });
    const command = {
      type: 'commit-offsets' as const,
      ...claim(client, options),
      ...{ retentionMs: null, knowsMissingGroup: true, offsets },
    };
    this.#stage.ask(client.name, command, reply => (reply as CommitOffsetsReply).errors[0] ?? null);
  }

  #tell(client: Client, options: Options): void {
    const joins = options.has('join');
    if (joins && client.memberId === '') client.memberId = this.#newId(client);
    const topics = options.get('topics') ?? (joins ? 't' : null);
    const owns = options.get('owns') ?? (joins ? '-' : null);
    this.world.ask(
      {
        type: 'consumer-heartbeat',
        groupId: GROUP,
        memberId: client.memberId,
        newMemberId: 'unused',
        memberEpoch: joins ? 0 : Number(options.get('at') ?? client.epoch),
        ...{ instanceId: options.get('instance') ?? client.instanceId, rackId: null },
        rebalanceTimeoutMs: joins ? 60_000 : -1,
        subscribedTopics: topics?.split('+') ?? null,
        subscribedRegex: options.get('regex') ?? null,
        serverAssignor: options.get('assignor') ?? null,
        owned: owns === null ? null : this.#withIds(owns),
        ...{ clientId: client.name, clientHost: '/127.0.0.1', bringsMemberId: true },
      },
      reply => this.#told(client, reply as BeatConsumerReply),
    );
  }

  #told(client: Client, { error, answer }: BeatConsumerReply): void {
    if (!answer) return this.#stage.hear(client.name, error!);
    client.epoch = answer.memberEpoch;
    const assignment = answer.assignment ? ` = ${this.#text(answer.assignment)}` : '';
    this.#stage.hear(client.name, `${answer.memberEpoch}${assignment}`);
  }

  #claimant(who: string, options: Options) {
    const client = this.#client(who);
    return [client.name, claim(client, options)] as const;
  }

  #client(text: string): Client {
    const [name = '', instanceId = null] = text.split('@');
    let client = this.#clients.get(name);
    if (!client) this.#clients.set(name, (client = { name, instanceId, memberId: '', epoch: -1 }));
    return client;
  }

  #newId({ name }: Client): string {
    return `${name}-${++this.#ids}`;
  }

  #withIds(text: string): AssignedTopic[] {
    return partitionsIn(spaced(text)).map(({ topic, partitions }) => ({
      topicId: this.world.topics.topicNamed(topic)!.id,
      partitions,
    }));
  }

  #text(topics: readonly AssignedTopic[]): string {
    const named = topics.flatMap(({ topicId, partitions }) => {
      const topic = this.world.topics.topicWithId(topicId);
      return topic ? [{ topic: topic.name, partitions }] : [];
    });
    return partitionsText(named) || '-';
  }

  #group(): string {
    const consumer = this.world.answer<DescribeConsumerGroupReply>({
      type: 'describe-consumer-group',
      groupId: GROUP,
    }).group;
    if (consumer) {
      const members = consumer.members.map(member => {
        const mark = member.memberType === 'classic' ? '/' : ' ';
        return `${nameOf(member.memberId)}${mark}${member.memberEpoch} ${this.#text(member.assignment)}`;
      });
      return `${consumer.state} ${consumer.epoch}: ${members.sort().join('; ')}`.trimEnd();
    }
    const question = { type: 'describe-group', groupId: GROUP } as const;
    const { state, members } = this.world.answer<DescribeGroupReply>(question);
    const texts = members.map(({ memberId, assignment }) => {
      return `${nameOf(memberId)} ${assignment.toString() || '-'}`;
    });
    return `classic ${state}: ${texts.sort().join('; ')}`;
  }
}

type Options = Map<string, string>;
type Action = (who: string, options: Options, words: readonly string[]) => void;

function claim(client: Client, options: Options) {
  return {
    groupId: GROUP,
    memberId: options.get('id')?.replace('none', '') ?? client.memberId,
    instanceId: client.instanceId,
    generationId: Number(options.get('gen') ?? client.epoch),
  };
}

/** `t/0+u/1` is written without blanks; a dash is nothing. */
function spaced(text = '-'): string {
  return text === '-' ? '' : text.replaceAll('+', ' ');
}

function nameOf(memberId: string): string {
  return memberId.slice(0, memberId.lastIndexOf('-'));
}

/** Two members of a stable classic group share the three partitions of a topic. */
export function classicPair(settings: Partial<GroupSettings> = {}): MixedScript {
  const script = new MixedScript(settings);
  script.run(`
    join A               |                         |
    wait 0               | A: joined 1 range leads |
    sync A A=t/0,1,2     | A: got t/0,1,2          |
    join B               |                         |
    beat A               | A: REBALANCE_IN_PROGRESS |
    join A               | A: joined 2 range leads; B: joined 2 range |
    sync B               |                         |
    sync A A=t/0,1 B=t/2 | A: got t/0,1; B: got t/2 | classic Stable: A t/0,1; B t/2
  `);
  return script;
}
