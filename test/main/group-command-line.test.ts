import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseBootstrap } from '../../src/adapters/transport/kafka/client/address.ts';
import {
  commitOffsets,
  committedOffsets,
} from '../../src/adapters/transport/kafka/client/committed-offsets.ts';
import { Coordinator } from '../../src/adapters/transport/kafka/client/coordinator.ts';
import { describeGroup } from '../../src/adapters/transport/kafka/client/groups.ts';
import { KafkaCluster } from '../../src/adapters/transport/kafka/client/kafka-cluster.ts';
import { ConsumerGroupHeartbeat } from '../../src/adapters/transport/kafka/messages/consumer-group-heartbeat.ts';
import { isSkipped } from '../clients/support/describe-client.ts';
import { Kcat, kcatAbsence } from '../clients/support/kcat.ts';
import { testBroker, type TestBroker } from '../support/broker.ts';
import { hexlog, spawnHexlog } from '../support/command-line.ts';

/** Many commands, each a process of its own, one after the other: that takes its time on a busy machine. */
const TIMEOUT_MS = 120_000;

const DELAYED = 'delayed';
const lines = (text: string): string[] => text.split('\n').slice(0, -1);
/** Of the keys that the tests produce with, a goes to partition 0 and d to partition 1. */
const SETTINGS = { 'num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' };
const DUE = ['orders  0          3     0', 'orders  1          1     0'];
const WAIT = { timeout: 20_000, interval: 50 };

let broker: TestBroker;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  broker = await testBroker({ storage: 'memory', settings: SETTINGS });
  env = { HEXLOG_BOOTSTRAP: broker.bootstrap };
});
afterAll(() => broker[Symbol.asyncDispose]());

const run = (...args: string[]) => hexlog(args, { env });
const produce = (topic: string, stdin: string) =>
  hexlog(['produce', topic, '-k', ':'], { stdin, env });

async function groupOn({ bootstrap }: TestBroker, groupId: string) {
  const options = { clientId: 'test', timeoutMs: 10_000 };
  const cluster = await KafkaCluster.connect(parseBootstrap(bootstrap)!, options);
  const coordinator = new Coordinator(cluster, groupId);
  return {
    coordinator,
    cluster,
    now: () => describeGroup(coordinator),
    async [Symbol.asyncDispose]() {
      await coordinator.close();
      await cluster.close();
    },
  };
}

/** A `hexlog consume` that runs until it is told to end. */
class Member implements AsyncDisposable {
  readonly child;
  readonly ended: Promise<unknown[]>;
  readonly printed: string[] = [];

  constructor(args: readonly string[], to: NodeJS.ProcessEnv = env) {
    this.child = spawnHexlog(['consume', ...args], to);
    this.ended = once(this.child, 'close');
    createInterface(this.child.stdout!).on('line', line => this.printed.push(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

test(
  'a group goes on where it left off, is listed and described, moved and deleted',
  async () => {
    await produce('orders', 'a:1\na:2\na:3\nd:4\n');
    const first = await run('consume', 'orders', '--group', 'billing', '--count', '3');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const second = await run('consume', 'orders', '--group', 'billing', '--exit');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(lines(first.stdout)).toHaveLength(3);
    expect([...lines(first.stdout), ...lines(second.stdout)].sort()).toEqual(['1', '2', '3', '4']);

    const [listed, other, described] = await Promise.all([
      run('group', 'list', '--state', 'empty', '--format', 'json'),
      run('group', 'list', '--state', 'Stable'),
      run('group', 'describe', 'billing'),
    ]);
    const facts = { state: 'Empty', type: 'classic', protocolType: 'consumer' };
    expect(JSON.parse(listed.stdout)).toEqual([{ group: 'billing', ...facts }]);
    expect(other).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(lines(described.stdout)).toEqual([
      `group billing: Empty, type classic, protocol -, coordinator ${broker.bootstrap} (broker 1)`,
      'TOPIC   PARTITION  COMMITTED  END  LAG  MEMBER  CLIENT  HOST',
      'orders  0          3          3    0    -       -       -',
      'orders  1          1          1    0    -       -       -',
    ]);

    const toOne = [
      'group',
      'seek',
      'billing',
      '--topic',
      'orders',
      '--partition',
      '0',
      '--to',
      '1',
    ];
    const moves = [{ topic: 'orders', partition: 0, from: 3, to: 1 }];
    const dryRuns = await Promise.all([
      run(...toOne, '--format', 'json'),
      run(...toOne, '--dry', '--format', 'json'),
    ]);
    for (const { stdout } of dryRuns) {
      expect(JSON.parse(stdout)).toEqual({ group: 'billing', dry: true, moves });
    }
    // Had a dry run changed anything, this one would not begin at 3.
    const moved = await run(...toOne, '--no-dry', '--format', 'json');
    expect(JSON.parse(moved.stdout)).toEqual({ group: 'billing', dry: false, moves });
    const again = await run('consume', 'orders', '--group', 'billing', '--exit');
    expect(lines(again.stdout)).toEqual(['2', '3']);

    const since = ['--topic', 'orders', '--to', '2020-01-01T00:00:00Z'];
    const [toTime, beyond] = await Promise.all([
      run('group', 'seek', 'billing', ...since),
      run('group', 'seek', 'billing', '--topic', 'orders', '--to', '9'),
    ]);
    expect(lines(toTime.stdout)).toEqual([
      'TOPIC   PARTITION  FROM  TO',
      ...DUE,
      'This was a dry run, and nothing was changed: --no-dry (or --execute) applies it.',
    ]);
    // Had the dry run moved the group, it would not be at 3 and 1 here.
    const executed = await run('group', 'seek', 'billing', ...since, '--execute');
    expect(lines(executed.stdout).slice(1)).toEqual(DUE);
    const fromStart = await run('consume', 'orders', '--group', 'billing', '--exit');
    expect(lines(fromStart.stdout).sort()).toEqual(['1', '2', '3', '4']);
    const outside = 'hexlog: partition 0 of orders has offsets 0 to 3, not 9\n';
    expect(beyond).toEqual({ code: 1, stdout: '', stderr: outside });

    const deleted = await run('group', 'delete', 'billing');
    expect(deleted).toEqual({ code: 0, stdout: 'deleted group billing\n', stderr: '' });
    const gone = await run('group', 'describe', 'billing');
    expect(gone).toEqual({ code: 1, stdout: '', stderr: 'hexlog: there is no group billing\n' });
  },
  TIMEOUT_MS,
);

test('members share a topic, one takes over from another, and Ctrl-C commits what was printed', async () => {
  await using group = await groupOn(broker, 'shared');
  await produce('events', 'a:a1\nd:d1\n');
  await using one = new Member(['events', '--group', 'shared']);
  await vi.waitFor(() => expect(one.printed.toSorted()).toEqual(['a1', 'd1']), WAIT);
  await using two = new Member(['events', '--group', 'shared']);
  const shares = async () =>
    (await group.now()).members.map(({ assigned }) =>
      assigned.flatMap(({ partitions }) => partitions),
    );
  await vi.waitFor(async () => expect((await shares()).sort()).toEqual([[0], [1]]), WAIT);

  await produce('events', 'a:a2\nd:d2\n');
  await vi.waitFor(() => {
    expect([...one.printed, ...two.printed].sort()).toEqual(['a1', 'a2', 'd1', 'd2']);
  }, WAIT);
  expect(two.printed).toHaveLength(1);
  two.child.kill('SIGINT');
  expect(await two.ended).toEqual([0, null]);
  await vi.waitFor(async () => expect(await shares()).toEqual([[0, 1]]), WAIT);

  const [seek, remove, described] = await Promise.all([
    run('group', 'seek', 'shared', '--topic', 'events', '--to', 'start'),
    run('group', 'delete', 'shared'),
    run('group', 'describe', 'shared', '--format', 'json'),
  ]);
  const refused = { code: 1, stdout: '' };
  expect(seek).toMatchObject(refused);
  expect(seek.stderr).toBe('hexlog: group shared is Stable and has 1 member: stop them first\n');
  expect(remove).toMatchObject(refused);
  expect(remove.stderr).toBe(
    'hexlog: delete group shared: NON_EMPTY_GROUP (it has members: stop them first)\n',
  );
  const owner = {
    memberId: expect.stringMatching(/^hexlog-cli-/) as string,
    ...{ clientId: 'hexlog-cli', host: '/127.0.0.1' },
  };
  const read = { topic: 'events', committed: 2, end: 2, lag: 0, ...owner };
  expect(JSON.parse(described.stdout)).toMatchObject({
    ...{ group: 'shared', state: 'Stable', type: 'classic', protocol: 'range' },
    partitions: [
      { ...read, partition: 0 },
      { ...read, partition: 1 },
    ],
  });

  await produce('events', 'a:a3\nd:d3\n');
  await vi.waitFor(() => expect(one.printed).toEqual(expect.arrayContaining(['a3', 'd3'])), WAIT);
  one.child.kill('SIGTERM');
  expect(await one.ended).toEqual([0, null]);
  expect(await group.now()).toMatchObject({ state: 'Empty', members: [] });
  const rest = await run('consume', 'events', '--group', 'shared', '--exit');
  expect(rest).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a member that is told to end while the group gathers ends at once, and is gone', async () => {
  const settings = { ...SETTINGS, 'group.initial.rebalance.delay.ms': '60000' };
  await using slow = await testBroker({ storage: 'memory', settings });
  await using group = await groupOn(slow, DELAYED);
  const to = { HEXLOG_BOOTSTRAP: slow.bootstrap };
  await hexlog(['topic', 'create', 'quiet'], { env: to });
  await using member = new Member(['quiet', '--group', DELAYED], to);
  await vi.waitFor(async () => {
    expect(await group.now()).toMatchObject({ state: 'PreparingRebalance', members: [{}] });
  }, WAIT);
  member.child.kill('SIGINT');
  expect(await member.ended).toEqual([0, null]);
  await vi.waitFor(async () => expect((await group.now()).members).toEqual([]), WAIT);
});

test(
  'a group of the consumer protocol is listed, described and moved as any other',
  async () => {
    const group = 'modern';
    await using client = await groupOn(broker, group);
    await produce('sales', 'a:1\na:2\na:3\nd:4\n');
    const sales = await client.cluster.topic('sales');
    /** A heartbeat of a member, as a client of KIP-848 sends it. */
    const beat = async (memberId: string, memberEpoch: number, more: object = {}) => {
      const request = { groupId: group, memberId, memberEpoch, ...more };
      const codes = ({ errorCode }: { errorCode: number }) => [errorCode];
      const answer = await client.coordinator.ask(ConsumerGroupHeartbeat, request, codes);
      expect(answer.errorCode).toBe(0);
      return answer.memberEpoch;
    };
    const joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['sales'] };
    const generationId = await beat('one', 0, { ...joining, topicPartitions: [] });
    const by = { memberId: 'one', generationId };
    await commitOffsets(client.coordinator, sales, { offsets: new Map([[0, 2]]), by });

    const [listed, described, json, seek] = await Promise.all([
      run('group', 'list'),
      run('group', 'describe', group),
      run('group', 'describe', group, '--format', 'json'),
      run('group', 'seek', group, '--topic', 'sales', '--to', 'start', '--no-dry'),
    ]);
    const row = lines(listed.stdout).find(line => line.startsWith(group));
    expect(row?.split(/ +/)).toEqual([group, 'Stable', 'consumer', 'consumer']);
    expect(lines(described.stdout)).toEqual([
      `group modern: Stable, type consumer, protocol uniform, coordinator ${broker.bootstrap} (broker 1)`,
      'TOPIC  PARTITION  COMMITTED  END  LAG  MEMBER  CLIENT  HOST',
      'sales  0          2          3    1    one     test    /127.0.0.1',
      'sales  1          -          1    -    one     test    /127.0.0.1',
    ]);
    const owner = { memberId: 'one', clientId: 'test', host: '/127.0.0.1' };
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ group, state: 'Stable', type: 'consumer', protocol: 'uniform' },
      partitions: [
        { topic: 'sales', partition: 0, committed: 2, end: 3, lag: 1, ...owner },
        { topic: 'sales', partition: 1, committed: null, end: 1, lag: null, ...owner },
      ],
    });
    expect(seek).toEqual({
      code: 1,
      stdout: '',
      stderr: 'hexlog: group modern is Stable and has 1 member: stop them first\n',
    });

    await beat('one', -1);
    const [idle, moved] = [
      await run('group', 'list', '--state', 'empty', '--format', 'json'),
      await run('group', 'seek', group, '--topic', 'sales', '--to', 'start', '--no-dry'),
    ];
    const facts = { state: 'Empty', type: 'consumer', protocolType: 'consumer' };
    expect(JSON.parse(idle.stdout)).toContainEqual({ group, ...facts });
    expect(lines(moved.stdout)).toEqual([
      'TOPIC  PARTITION  FROM  TO',
      'sales  0          2     0',
      'sales  1          -     0',
    ]);
    expect((await committedOffsets(client.coordinator, [sales])).get('sales')).toEqual(
      new Map([
        [0, 0],
        [1, 0],
      ]),
    );
    const deleted = await run('group', 'delete', group);
    expect(deleted).toEqual({ code: 0, stdout: 'deleted group modern\n', stderr: '' });
  },
  TIMEOUT_MS,
);

test.skipIf(isSkipped(kcatAbsence()))('it shares a topic with another client', async () => {
  await using group = await groupOn(broker, 'mixed');
  await produce('mixture', 'a:a1\nd:d1\n');
  await using one = new Member(['mixture', '--group', 'mixed']);
  await vi.waitFor(() => expect(one.printed).toHaveLength(2), WAIT);
  const twoOf = async () => {
    const { state, members } = await group.now();
    expect(state).toBe('Stable');
    expect(members.map(({ assigned }) => assigned.length)).toEqual([1, 1]);
  };
  await using other = new Kcat(broker.bootstrap, ['-u', '-c', '1', '-G', 'mixed', 'mixture']);
  await vi.waitFor(twoOf, WAIT);
  await produce('mixture', 'a:x\nd:x\n');
  expect(String(await other.output())).toBe('x\n');
  await vi.waitFor(() => expect(one.printed[2]).toBe('x'), WAIT);
});

describe('what is used wrongly', () => {
  test('is refused with 2 in one line', async () => {
    const answers = await Promise.all([
      run('consume', 'x', '--group', 'g', '--partition', '0'),
      run('group', 'seek', 'g', '--topic', 'x'),
      run('group', 'seek', 'g', '--topic', 'x', '--to', 'middle'),
      run('group', 'seek', 'g', '--topic', 'x', '--to', 'end', '--dry', '--execute'),
      run('group', 'list', '--state', 'busy'),
    ]);
    const said = [
      "option '-g, --group <name>' cannot be used with option '-p, --partition <number>'",
      "required option '-o, --to <where>' not specified",
      'Allowed is start, end, an offset, or a time',
      "option '--execute' cannot be used with option '--dry'",
      'Allowed choices are Empty,',
    ];
    answers.forEach(({ code, stdout, stderr }, at) => {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(lines(stderr)).toHaveLength(1);
      expect(stderr).toContain(said[at]!);
    });
  });
});
