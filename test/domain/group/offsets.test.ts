import { describe, expect, test } from 'vitest';
import type {
  DeleteGroupReply,
  DeleteOffsetsReply,
  FetchOffsetsReply,
  ListGroupsReply,
} from '../../../src/domain/model/group/group-commands.ts';
import { partitionFor } from '../../../src/domain/model/group/group-partition.ts';
import { GroupScript } from '../../support/group-script.ts';
import type { GroupWorld } from '../../support/group-world.ts';

const HOUR = 3_600_000;
const CHECK = 600_000;

/** All offsets of the group, as `t/0=5`. */
function offsets(world: GroupWorld): string {
  const all = { memberId: null, memberEpoch: -1, requireStable: true, topics: null };
  const reply = world.answer<FetchOffsetsReply>({ type: 'fetch-offsets', groupId: 'g', ...all });
  return reply.offsets
    .map(({ topic, partition, offset }) => `${topic}/${partition}=${offset}`)
    .join(' ');
}

function deleteOffsets(world: GroupWorld, ...partitions: [string, number][]): DeleteOffsetsReply {
  return world.answer({
    type: 'delete-offsets',
    groupId: 'g',
    partitions: partitions.map(([topic, partition]) => ({ topic, partition })),
  });
}

const deleteGroup = (world: GroupWorld): unknown =>
  world.answer<DeleteGroupReply>({ type: 'delete-group', groupId: 'g' }).error;

/** An offset that nobody's member committed for `t`, and the id of `t` then. */
function committedForT() {
  const script = new GroupScript();
  script.run('commit A t/0=1 | A: ok |');
  const topicId = script.world.topics.topicNamed('t')!.id;
  return { world: script.world, topicId, run: (table: string) => script.run(table) };
}

/** A member that subscribes to `t`, in a stable group. */
function stableMember(protocols = 'range:t', type = 'consumer'): GroupScript {
  const script = new GroupScript();
  script.run(`
    join A ${protocols} type=${type} v=3 session=30m |       |
    wait 3s          | A: joined 1 range leads A    |
    sync A A=0       | A: got 0                     | Stable A
  `);
  return script;
}

describe('committed offsets', () => {
  test('of a group that nobody joins, and of a member', () => {
    const script = stableMember();
    script.run(`
      commit A t/0=5 u/1=6 | A: ok                    |
      commit A t/0=7   | A: ok                        |
    `);
    expect(offsets(script.world)).toBe('t/0=7 u/1=6');
    const simple = new GroupScript();
    simple.run('commit A t/0=1 | A: ok | Empty');
    expect(offsets(simple.world)).toBe('t/0=1');
    expect(simple.world.answer<ListGroupsReply>({ type: 'list-groups' })).toEqual({
      groups: [{ groupId: 'g', protocolType: '', state: 'Empty', kind: 'classic' }],
    });
  });

  test('with everything that was committed with them, and nothing where there is none', () => {
    const { world } = new GroupScript();
    const given = { topic: 't', partition: 2, offset: 9, leaderEpoch: 4, metadata: 'm' };
    world.answer({
      ...{ type: 'commit-offsets', groupId: 'g', memberId: '', instanceId: null, generationId: -1 },
      ...{ retentionMs: null, knowsMissingGroup: true, offsets: [{ ...given, topicId: null }] },
    });
    const asked = { memberId: null, memberEpoch: -1, requireStable: false };
    const topics = [{ topic: 't', partitions: [2, 0] }];
    expect(world.answer({ type: 'fetch-offsets', groupId: 'g', ...asked, topics })).toEqual({
      error: null,
      offsets: [
        { ...given, error: null },
        { topic: 't', partition: 0, offset: -1, leaderEpoch: null, metadata: '', error: null },
      ],
    });
    const other = { type: 'fetch-offsets', groupId: 'other', ...asked, topics: null } as const;
    expect(world.answer(other)).toEqual({ error: null, offsets: [] });
  });

  test('metadata has a bound, and one that is too long does not keep the others', () => {
    const script = new GroupScript();
    script.run(`
      commit A t/0=5 meta=1234567890  | A: ok         |
      commit A t/0=6 meta=12345678901 | A: OFFSET_METADATA_TOO_LARGE |
    `);
    expect(offsets(script.world)).toBe('t/0=5');
  });

  test('more than one batch can hold are refused as a whole', () => {
    const script = new GroupScript({ maxEventBytes: 300 });
    script.run(`
      commit A t/0=5 t/1=5         | A: ok                   |
      commit A t/0=6 t/1=6 t/2=6   | A: UNKNOWN_SERVER_ERROR |
    `);
    expect(offsets(script.world)).toBe('t/0=5 t/1=5');
  });

  test('survive a restart, and so do their tombstones', () => {
    const script = new GroupScript();
    script.run('commit A t/0=5 t/1=6 u/0=7 | A: ok |');
    expect(deleteOffsets(script.world, ['t', 1]).error).toBe(null);
    script.run('restart | |');
    expect(offsets(script.world)).toBe('t/0=5 u/0=7');
  });
});

describe('expiry', () => {
  test('counts from the commit where nobody ever joined; the group goes with its last offset', () => {
    const script = new GroupScript();
    script.run('commit A t/0=1 | A: ok |');
    script.world.pass(HOUR - CHECK);
    script.run('commit A t/1=1 | A: ok |');
    script.world.pass(CHECK - 1);
    expect(offsets(script.world)).toBe('t/0=1 t/1=1');
    script.world.pass(CHECK);
    expect(offsets(script.world)).toBe('t/1=1');
    script.world.pass(HOUR);
    script.run('restart | | Dead');
  });

  test('counts from when the group became empty', () => {
    const script = stableMember();
    script.run('commit A t/0=1 | A: ok |');
    for (let at = 0; at < 6; at++) {
      script.world.pass(HOUR / 3);
      script.run('beat A | A: ok | Stable A');
    }
    expect(offsets(script.world)).toBe('t/0=1');
    script.run('leave A | A: ok | Empty');
    script.world.pass(HOUR - 1);
    expect(offsets(script.world)).toBe('t/0=1');
    script.world.pass(CHECK);
    script.run('beat A | A: UNKNOWN_MEMBER_ID | Dead');
  });

  test('takes those of topics that no member reads any more, from a stable group', () => {
    const script = stableMember('range:t+v');
    script.run('commit A t/0=1 u/0=1 v/0=1 | A: ok |');
    for (let at = 0; at < 4; at++) {
      script.world.pass(HOUR / 3);
      script.run('beat A | A: ok |');
    }
    expect(offsets(script.world)).toBe('t/0=1 v/0=1');
  });

  test('takes none where it is not known what members read', () => {
    const script = stableMember('range:?');
    script.run('commit A u/0=1 | A: ok |');
    for (let at = 0; at < 4; at++) {
      script.world.pass(HOUR / 3);
      script.run('beat A | A: ok |');
    }
    expect(offsets(script.world)).toBe('u/0=1');
  });

  test('a commit may bring a time of its own', () => {
    const script = new GroupScript();
    script.run('commit A t/0=1 retention=15m | A: ok |');
    script.run('commit A t/1=1 retention=3h  | A: ok |');
    script.world.pass(10 * 60_000);
    expect(offsets(script.world)).toBe('t/0=1 t/1=1');
    script.world.pass(10 * 60_000);
    expect(offsets(script.world)).toBe('t/1=1');
    script.world.pass(2 * HOUR);
    expect(offsets(script.world)).toBe('t/1=1');
  });
});

describe('deletion', () => {
  test('of offsets: not of topics that a member reads', () => {
    const script = stableMember();
    script.run('commit A t/0=1 u/0=1 | A: ok |');
    expect(deleteOffsets(script.world, ['t', 0], ['u', 0], ['u', 5])).toEqual({
      error: null,
      errors: ['GROUP_SUBSCRIBED_TO_TOPIC', null, null],
    });
    expect(offsets(script.world)).toBe('t/0=1');
    script.run('leave A | A: ok | Empty');
    expect(deleteOffsets(script.world, ['t', 0]).errors).toEqual([null]);
    expect(offsets(script.world)).toBe('');
  });

  test('of offsets: of no topic where it is not known what members read', () => {
    expect(deleteOffsets(stableMember('range:?').world, ['u', 0]).errors).toEqual([
      'GROUP_SUBSCRIBED_TO_TOPIC',
    ]);
  });

  test('of offsets: not while members of another kind are there, nor of a group that is not', () => {
    const { world } = stableMember('range:t', 'connect');
    expect(deleteOffsets(world, ['t', 0]).error).toBe('NON_EMPTY_GROUP');
    expect(deleteOffsets(new GroupScript().world, ['t', 0]).error).toBe('GROUP_ID_NOT_FOUND');
  });

  test('of a group: when it is empty, with its offsets', () => {
    const script = stableMember();
    script.run('commit A t/0=1 | A: ok |');
    expect(deleteGroup(script.world)).toBe('NON_EMPTY_GROUP');
    script.run('leave A | A: ok | Empty');
    expect(deleteGroup(script.world)).toBe(null);
    expect(deleteGroup(script.world)).toBe('GROUP_ID_NOT_FOUND');
    script.run('restart | | Dead');
    expect(offsets(script.world)).toBe('');
  });

  test('of a topic takes the offsets of all groups', () => {
    const script = new GroupScript();
    script.run('commit A t/0=1 t/1=2 u/0=3 | A: ok |');
    script.world.note({
      ...{ type: 'topic-deleted', topic: 't' },
      topicId: script.world.topics.topicNamed('t')!.id,
    });
    expect(offsets(script.world)).toBe('u/0=3');
  });

  test('leaves the offsets of the topic that has its name since', () => {
    const { world, ...script } = committedForT();
    world.topics.drop('t');
    world.topics.put('t', 3);
    script.run('commit A t/1=2 | A: ok |');
    world.note({ type: 'topic-deleted', topic: 't', topicId: script.topicId });
    expect(world.events.filter(({ type }) => type === 'offset-deleted')).toHaveLength(1);
    expect(offsets(world)).toBe('t/1=2');
  });

  test('that nobody took note of is noticed when the offsets are read, and when they are loaded', () => {
    const { world, run } = committedForT();
    world.topics.drop('t');
    expect(offsets(world)).toBe('t/0=1');
    world.topics.put('t', 3);
    expect(offsets(world)).toBe('');
    const asked = { memberId: null, memberEpoch: -1, requireStable: true };
    const topics = [{ topic: 't', partitions: [0] }];
    const question = { type: 'fetch-offsets', groupId: 'g', ...asked, topics } as const;
    expect(world.answer<FetchOffsetsReply>(question).offsets).toMatchObject([{ offset: -1 }]);
    run('commit A t/1=2 u/0=3 | A: ok |');
    world.topics.drop('u');
    world.restart();
    expect(world.events.filter(({ type }) => type === 'offset-deleted')).toMatchObject([
      { topic: 't', partition: 0 },
      { topic: 'u', partition: 0 },
    ]);
    expect(offsets(world)).toBe('t/1=2');
  });
});

test("a group lies in the partition that Kafka's clients and tools expect", () => {
  // "polygenelubricants" is the text whose hash in Java has no positive counterpart.
  const ids = ['', 'g', 'billing', 'polygenelubricants'];
  expect(ids.map(id => partitionFor(id, 50))).toEqual([0, 3, 9, 0]);
});

describe('a group that is read from its log', () => {
  test('has the protocol of its last record, though an older one was of another', () => {
    const script = new GroupScript();
    script.run(`
      join A sticky:t,range:t v=3 |                              |
      join B range:t v=3          |                              |
      wait 6s                     | A: joined 1 range leads A B; B: joined 1 range, A leads |
      sync A A=0 B=1              | A: got 0                     |
      sync B                      | B: got 1                     | Stable A B
      leave B                     | B: ok                        |
      join A sticky:t,range:t v=3 | A: joined 2 sticky leads A   |
      sync A A=0                  | A: got 0                     | Stable A
      restart                     |                              | Stable A
      beat A                      | A: ok                        |
    `);
  });

  test('has the subscriptions of its last record', () => {
    const script = stableMember();
    script.run(`
      join A range:u v=3 session=30m | A: joined 2 range leads A |
      sync A A=0                     | A: got 0                  | Stable A
      commit A u/0=3                 | A: ok                     |
      restart                        |                           | Stable A
    `);
    expect(deleteOffsets(script.world, ['u', 0]).errors).toEqual(['GROUP_SUBSCRIBED_TO_TOPIC']);
  });
});
