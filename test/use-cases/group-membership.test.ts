import { beforeEach, describe, expect, test } from 'vitest';
import { BrokerError, type ErrorName } from '../../src/domain/model/error.ts';
import type { AssignedTopic } from '../../src/domain/model/group/group-events.ts';
import type { ConsumerGroupHeartbeatCommand } from '../../src/domain/use-cases/consumer-group-heartbeat.ts';
import { GroupMembership } from '../../src/domain/use-cases/runtime/group-membership.ts';
import { isAnswered, quiet, VirtualTime } from '../support/virtual-time.ts';

const INTERVAL_MS = 5000;
const ORDERS: readonly AssignedTopic[] = [{ topicId: 'id-of-orders', partitions: [0, 1] }];

/** A group that answers what a test has written down, and agrees to everything after that. */
class ScriptedGroup {
  readonly asked: ConsumerGroupHeartbeatCommand[] = [];
  readonly answers: (ErrorName | readonly AssignedTopic[])[] = [];

  async execute(command: ConsumerGroupHeartbeatCommand) {
    this.asked.push({ ...command });
    const answer = this.answers.shift() ?? null;
    if (typeof answer === 'string') throw new BrokerError(answer, answer);
    return {
      memberId: command.memberId || 'me',
      memberEpoch: command.memberEpoch < 0 ? -1 : command.memberEpoch + 1,
      heartbeatIntervalMs: INTERVAL_MS,
      assignment: answer,
    };
  }

  /** The epochs that it was asked with. */
  get epochs(): string {
    return this.asked.map(({ memberEpoch }) => memberEpoch).join(' ');
  }
}

let time: VirtualTime;
let group: ScriptedGroup;
let seen: string[];
let member: GroupMembership;

beforeEach(() => {
  time = new VirtualTime();
  group = new ScriptedGroup();
  seen = [];
  const facts = { groupId: 'g', clientId: 'c', clientHost: '/h' };
  member = new GroupMembership({ heartbeat: group, timers: time }, facts, {
    revoked: async next => void seen.push(`revoked all but ${next.length}`),
    assigned: next => void seen.push(`assigned ${next.length}`),
    lost: () => void seen.push('lost'),
  });
});

async function pass(ms: number): Promise<void> {
  time.advance(ms);
  await quiet();
}

describe('heartbeats', () => {
  test('tell everything at first, and then what has changed', async () => {
    await member.subscribe({ topics: ['orders'] });
    await pass(INTERVAL_MS);
    const [join, beat] = group.asked;
    expect(join).toMatchObject({ memberEpoch: 0, memberId: '', owned: [], subscribedRegex: '' });
    expect(join).toMatchObject({ rebalanceTimeoutMs: 300_000, subscribedTopics: ['orders'] });
    expect(beat).toMatchObject({ memberEpoch: 1, memberId: 'me', rebalanceTimeoutMs: -1 });
    expect(beat).toMatchObject({ subscribedTopics: null, subscribedRegex: null });
    await member.subscribe({ regex: 'o.*' });
    expect(group.asked[2]).toMatchObject({ subscribedTopics: null, subscribedRegex: 'o.*' });
  });

  test('come at the interval that the group wants, one timer at a time', async () => {
    await member.subscribe({ topics: ['orders'] });
    await member.subscribe({ topics: ['orders'] });
    expect(time.pending).toBe(1);
    await pass(INTERVAL_MS - 1);
    expect(group.epochs).toBe('0 1');
    await pass(1);
    expect(group.epochs).toBe('0 1 2');
    expect(time.pending).toBe(1);
  });

  test('an assignment is told to the group at once, when what goes has been given up', async () => {
    group.answers.push(ORDERS);
    await member.subscribe({ topics: ['orders'] });
    expect(seen).toEqual(['revoked all but 1', 'assigned 1']);
    await pass(0);
    expect(group.asked[1]).toMatchObject({ memberEpoch: 1, owned: ORDERS });
  });

  test('what works between two heartbeats keeps the next one waiting', async () => {
    await member.subscribe({ topics: ['orders'] });
    let end = (): void => undefined;
    const work = member.between(() => new Promise<void>(resolve => (end = resolve)));
    await pass(3 * INTERVAL_MS);
    expect(group.epochs).toBe('0');
    end();
    await work;
    await quiet();
    expect(group.epochs).toBe('0 1');
  });
});

describe('refusals', () => {
  test.each([
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
    'KAFKA_STORAGE_ERROR',
  ] as const)('%s passes: it asks again, as what it was', async error => {
    group.answers.push(error, error);
    await member.subscribe({ topics: ['orders'] });
    expect(member.memberId).toBe('');
    await pass(500);
    await pass(499);
    expect(group.epochs).toBe('0 0');
    await pass(1);
    expect(group.epochs).toBe('0 0 0');
    expect(member.memberId).toBe('me');
    group.answers.push(error);
    await pass(INTERVAL_MS);
    await pass(500);
    expect(group.epochs).toBe('0 0 0 1 1');
    expect(seen).toEqual([]);
  });

  test.each(['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH'] as const)(
    '%s: it has lost everything, and joins again at once',
    async error => {
      group.answers.push(ORDERS);
      await member.subscribe({ topics: ['orders'] });
      group.answers.push(error);
      await pass(0);
      expect(seen.at(-1)).toBe('lost');
      expect(group.epochs).toBe('0 1 0');
      expect(group.asked[2]).toMatchObject({ owned: [], subscribedTopics: ['orders'] });
    },
  );

  test('a group that fences whoever joins is not asked for ever', async () => {
    group.answers.push('UNKNOWN_MEMBER_ID');
    await expect(member.subscribe({ topics: ['orders'] })).rejects.toThrow('UNKNOWN_MEMBER_ID');
    await pass(10 * INTERVAL_MS);
    expect(group.epochs).toBe('0');
  });

  test('what is refused for good is told to who subscribes, and what was before holds', async () => {
    await member.subscribe({ topics: ['orders'] });
    group.answers.push('INVALID_REGULAR_EXPRESSION');
    const refused = member.subscribe({ regex: '(' });
    await expect(refused).rejects.toThrow('INVALID_REGULAR_EXPRESSION');
    await pass(INTERVAL_MS);
    expect(group.asked[2]).toMatchObject({ memberEpoch: 1, subscribedTopics: ['orders'] });
    expect(time.pending).toBe(1);
  });

  test('what is refused when nobody asks is told to whoever persists, and tried again', async () => {
    await member.subscribe({ topics: ['orders'] });
    group.answers.push('UNKNOWN_MEMBER_ID', 'GROUP_MAX_SIZE_REACHED', 'GROUP_MAX_SIZE_REACHED');
    await pass(INTERVAL_MS);
    expect(time.pending).toBe(0);
    await expect(member.persist()).rejects.toThrow('GROUP_MAX_SIZE_REACHED');
    await member.persist();
    expect(group.epochs).toBe('0 1 0 0 0');
    expect(time.pending).toBe(1);
    await member.persist();
    expect(group.epochs).toBe('0 1 0 0 0');
  });

  test('what fails in the watcher is not lost', async () => {
    const broken = new GroupMembership(
      { heartbeat: group, timers: time },
      { groupId: 'g', clientId: 'c', clientHost: '/h' },
      {
        revoked: () => Promise.reject(new Error('broken')),
        assigned: () => undefined,
        lost: () => undefined,
      },
    );
    await broken.subscribe({ topics: ['orders'] });
    group.answers.push(ORDERS, ORDERS);
    await pass(INTERVAL_MS);
    await expect(broken.persist()).rejects.toThrow('broken');
  });
});

describe('leaving', () => {
  test('is told to the group at once; nothing follows', async () => {
    await member.subscribe({ topics: ['orders'] });
    await member.leave();
    expect(group.asked.at(-1)).toMatchObject({ memberEpoch: -1, memberId: 'me' });
    expect(time.pending).toBe(0);
    await pass(10 * INTERVAL_MS);
    expect(group.epochs).toBe('0 -1');
  });

  test('comes after the heartbeat that is under way', async () => {
    group.answers.push(ORDERS);
    const joining = member.subscribe({ topics: ['orders'] });
    const left = member.leave();
    expect(await isAnswered(Promise.all([joining, left]))).toBe(true);
    expect(group.epochs).toBe('0 -1');
    expect(time.pending).toBe(0);
  });

  test('does not fail when the group cannot be told', async () => {
    await member.subscribe({ topics: ['orders'] });
    group.answers.push('COORDINATOR_NOT_AVAILABLE');
    await member.leave();
    expect(time.pending).toBe(0);
  });

  test('is no more than silence for who never joined', async () => {
    group.answers.push('COORDINATOR_LOAD_IN_PROGRESS');
    await member.subscribe({ topics: ['orders'] });
    await member.leave();
    expect(group.epochs).toBe('0');
    expect(time.pending).toBe(0);
  });

  test('is not for ever', async () => {
    await member.subscribe({ topics: ['orders'] });
    await member.leave();
    await member.subscribe({ topics: ['others'] });
    expect(group.asked.at(-1)).toMatchObject({ memberEpoch: 0, subscribedTopics: ['others'] });
    expect(time.pending).toBe(1);
  });
});
