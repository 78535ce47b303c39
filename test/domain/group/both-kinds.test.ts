import { describe, expect, test } from 'vitest';
import type {
  DeleteGroupReply,
  DeleteOffsetsReply,
  DescribeConsumerGroupReply,
  DescribeGroupReply,
  FetchOffsetsReply,
  ListGroupsReply,
} from '../../../src/domain/model/group/group-commands.ts';
import { GroupScript } from '../../support/group-script.ts';
import type { GroupWorld } from '../../support/group-world.ts';

const HOUR = 3_600_000;
const TEN_MINUTES = 600_000;

/** All offsets of the group, as `t/0=5`, or an error. */
function offsets(world: GroupWorld, memberId: string | null = null, memberEpoch = -1): string {
  const asked = { memberId, memberEpoch, requireStable: true, topics: null };
  const question = { type: 'fetch-offsets', groupId: 'g', ...asked } as const;
  const reply = world.answer<FetchOffsetsReply>(question);
  const texts = reply.offsets.map(each => `${each.topic}/${each.partition}=${each.offset}`);
  return reply.error ?? texts.join(' ');
}

function deleteGroup(world: GroupWorld): DeleteGroupReply['error'] {
  return world.answer<DeleteGroupReply>({ type: 'delete-group', groupId: 'g' }).error;
}

/** The types of the events that the group's last steps gave, `from` on. */
const eventTypes = (world: GroupWorld, from: number): string[] =>
  world.events.slice(from).map(({ type }) => type);

function played(table: string, settings = {}): GroupScript {
  const script = new GroupScript(settings);
  script.run(table);
  return script;
}

const CLASSIC_MEMBER = `
  join A range:t v=3 | |
  wait 3s            | A: joined 1 range leads A |
  sync A A=0         | A: got 0                  | Stable A
`;

describe('a group is one kind or the other', () => {
  test('a classic group that only keeps offsets, or is empty, gives way to who joins', () => {
    const script = played(`
      commit A t/0=5     | A: ok                     | Empty
      enter B t          | B: 1 = t:0,1,2            | consumer Stable B
      restart            |                           | consumer Stable B
      tick B             | B: 1                      |
    `);
    expect(offsets(script.world)).toBe('t/0=5');
    const emptied = played(CLASSIC_MEMBER);
    const from = emptied.world.events.length;
    emptied.run(`
      commit A t/0=7     | A: ok                     |
      leave A            | A: ok                     | Empty
      enter B t          | B: 1 = t:0,1,2            | consumer Stable B
      restart            |                           | consumer Stable B
    `);
    expect(offsets(emptied.world)).toBe('t/0=7');
    const types = eventTypes(emptied.world, from);
    expect(types.slice(2, 4)).toEqual(['classic-group-deleted', 'consumer-member-stored']);
  });

  test('a heartbeat that is refused leaves the classic group as it was', () => {
    played(`
      commit A t/0=5         | A: ok                  | Empty
      enter B t assignor=no  | B: UNSUPPORTED_ASSIGNOR | Empty
      tick B epoch=1         | B: GROUP_ID_NOT_FOUND  | Empty
      exit B                 | B: GROUP_ID_NOT_FOUND  | Empty
    `);
  });

  test('a classic group with members stays one where groups may not change', () => {
    const script = played(CLASSIC_MEMBER, { migrationPolicy: 'disabled' });
    script.run('enter B t | B: GROUP_ID_NOT_FOUND | Stable A');
  });

  test('a consumer group does not know who is no member of it', () => {
    played(`
      enter B t              | B: 1 = t:0,1,2         |
      sync A id=x            | A: UNKNOWN_MEMBER_ID   |
      beat A id=x            | A: UNKNOWN_MEMBER_ID   |
      leave A id=x           | A: UNKNOWN_MEMBER_ID   | consumer Stable B
    `);
  });

  test('an empty consumer group gives way to who joins the classic way, and keeps its offsets', () => {
    const script = played(`
      enter B t regex=u.* | B: 1 = t:0,1,2;u:0,1,2   |
      commit B t/0=5 v=9  | B: ok                    |
      exit B              | B: -1                    | consumer Empty
      join X range:t id=x v=3 | X: UNKNOWN_MEMBER_ID | consumer Empty
    `);
    const from = script.world.events.length;
    script.run(`
      join A range:t v=9  | A: MEMBER_ID_REQUIRED    | Empty
      restart             |                          | Empty
      join A range:t v=3 id= |                       |
      wait 3s             | A: joined 1 range leads A |
      sync A A=0          | A: got 0                 | Stable A
      restart             |                          | Stable A
    `);
    expect(eventTypes(script.world, from)).toEqual([
      'consumer-target-epoch-deleted',
      'consumer-group-deleted',
      'classic-group-stored',
    ]);
    expect(offsets(script.world)).toBe('t/0=5');
  });

  test('records that compaction left in another order make the same group', () => {
    const { world } = played(`
      enter B t          | B: 1 = t:0,1,2 |
      commit B t/0=5 v=9 | B: ok          |
    `);
    const late = world.events.filter(({ type }) => type !== 'offset-stored');
    const replayed = new GroupScript();
    const early = world.events.filter(({ type }) => type === 'offset-stored');
    replayed.world.events.push(...early, ...late);
    replayed.run('restart | | consumer Stable B');
    expect(offsets(replayed.world)).toBe('t/0=5');
    expect(replayed.world.answer<ListGroupsReply>({ type: 'list-groups' }).groups).toHaveLength(1);
  });
});

describe('the offsets of a consumer group', () => {
  test('are committed and told by member epoch', () => {
    const script = played(`
      enter A t            | A: 1 = t:0,1,2          |
      commit A t/0=1       | A: UNSUPPORTED_VERSION  |
      commit A t/0=1 v=9   | A: ok                   |
      commit A t/0=2 v=9 gen=2 | A: STALE_MEMBER_EPOCH |
      commit A t/0=2 v=9 id=x | A: UNKNOWN_MEMBER_ID |
      commit A t/0=2 v=9 id=none gen=-1 | A: UNKNOWN_MEMBER_ID |
      enter B t            | B: 2 = -                |
      tick A               | A: 1 = t:0,1            |
      commit A t/0=3 v=9   | A: ok                   |
      tick A owns=t:0,1    | A: 2                    | consumer Reconciling A B
      commit A t/0=4 v=9 gen=1 | A: ok               |
      commit A t/2=4 v=9 gen=1 | A: STALE_MEMBER_EPOCH |
    `);
    const { world } = script;
    expect(offsets(world)).toBe('t/0=4');
    expect(offsets(world, 'A', 2)).toBe('t/0=4');
    expect(offsets(world, 'A', 1)).toBe('STALE_MEMBER_EPOCH');
    expect(offsets(world, 'x', 1)).toBe('UNKNOWN_MEMBER_ID');
    const stored = world.events.filter(({ type }) => type === 'offset-stored');
    expect(stored.at(-1)).toMatchObject({ topicId: world.topics.topicNamed('t')!.id });
    script.run(`
      exit A                            | A: -1 |
      exit B                            | B: -1 | consumer Empty
      commit N t/0=9 id=none gen=-1     | N: ok | consumer Empty
    `);
    expect(offsets(world)).toBe('t/0=9');
  });

  test('are deleted but for topics that it reads, by name and by expression', () => {
    const { world } = played(`
      enter A t regex=u.*            | A: 1 = t:0,1,2;u:0,1,2 |
      commit A t/0=1 u/0=1 v/0=1 v=9 | A: ok                  |
    `);
    const partitions = ['t', 'u', 'v'].map(topic => ({ topic, partition: 0 }));
    const question = { type: 'delete-offsets', groupId: 'g', partitions } as const;
    expect(world.answer<DeleteOffsetsReply>(question)).toEqual({
      error: null,
      errors: ['GROUP_SUBSCRIBED_TO_TOPIC', 'GROUP_SUBSCRIBED_TO_TOPIC', null],
    });
    expect(offsets(world)).toBe('t/0=1 u/0=1');
  });

  test('age from their commit where nobody reads the topic; a group without any goes', () => {
    const script = played(`
      enter A t                  | A: 1 = t:0,1,2 |
      commit A t/0=1 u/0=1 v=9   | A: ok          |
    `);
    const { world } = script;
    for (let passed = 0; passed <= HOUR; passed += 30_000) {
      script.run('tick A | A: 1 |');
      world.pass(30_000);
    }
    script.run(`tick A | A: 1 |
      wait 10s | | consumer Stable A`);
    expect(offsets(world)).toBe('t/0=1');
    script.run('exit A | A: -1 |');
    world.pass(TEN_MINUTES);
    expect(offsets(world)).toBe('');
    script.run('restart | | Dead');
  });
});

describe('a consumer group', () => {
  test('is listed and described as one, and is dead to those who ask for a classic one', () => {
    const { world } = played('enter A t | A: 1 = t:0,1,2 |');
    const listed = { groupId: 'g', protocolType: 'consumer', state: 'Stable', kind: 'consumer' };
    expect(world.answer({ type: 'list-groups' })).toEqual({ groups: [listed] });
    const classic = { type: 'describe-group', groupId: 'g' } as const;
    expect(world.answer<DescribeGroupReply>(classic)).toMatchObject({
      ...{ state: 'Dead', problem: 'Group g is not a classic group.', members: [] },
    });
    const other = played('commit A t/0=5 | A: ok |').world;
    const consumer = { type: 'describe-consumer-group', groupId: 'g' } as const;
    expect(other.answer<DescribeConsumerGroupReply>(consumer)).toEqual({
      ...{ error: 'GROUP_ID_NOT_FOUND', message: 'Group g is not a consumer group.', group: null },
    });
  });

  test('is deleted with its offsets when it is empty', () => {
    const script = played(`
      enter A t          | A: 1 = t:0,1,2 |
      commit A t/0=5 v=9 | A: ok          |
    `);
    const { world } = script;
    expect(deleteGroup(world)).toBe('NON_EMPTY_GROUP');
    script.run('exit A | A: -1 |');
    expect(deleteGroup(world)).toBeNull();
    expect(deleteGroup(world)).toBe('GROUP_ID_NOT_FOUND');
    script.run('restart | | Dead');
    expect(offsets(world)).toBe('');
  });

  test('loses members that are silent, also after a restart, which they outlive with their epochs', () => {
    played(`
      enter A t          | A: 1 = t:0,1,2     |
      enter B t          | B: 2 = -           |
      wait 40s           |                    |
      restart            |                    | consumer Reconciling A B
      tick A             | A: 1 = t:0,1       |
      tick A owns=t:0,1  | A: 2               |
      tick B             | B: 2 = t:2         | consumer Stable A B
      wait 40s           |                    |
      tick A             | A: 2               |
      wait 6s            |                    | consumer Assigning A
      tick B             | B: UNKNOWN_MEMBER_ID |
      tick A             | A: 3 = t:0,1,2     | consumer Stable A
    `);
  });

  test('loses a member that does not give up in time what it is to', () => {
    played(`
      enter A t          | A: 1 = t:0,1,2     |
      enter B t          | B: 2 = -           |
      tick A             | A: 1 = t:0,1       |
      wait 30s           |                    |
      tick A             | A: 1               |
      tick B             | B: 2               |
      wait 31s           |                    | consumer Assigning B
      tick B             | B: 3 = t:0,1,2     |
    `);
  });

  test('is assigned by the first assignor that is served, and by no other', () => {
    const consumer = { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, maxSize: 2 };
    const script = new GroupScript({ consumer: { ...consumer, assignors: ['range'] } });
    // Uniform would give each of them three partitions.
    script.run(`
      enter A t,u assignor=uniform | A: UNSUPPORTED_ASSIGNOR   | Dead
      enter A t,u                  | A: 1 = t:0,1,2;u:0,1,2    |
      enter B t,u                  | B: 2 = -                  |
      tick A                       | A: 1 = t:0,1;u:0,1        |
      enter C t,u                  | C: GROUP_MAX_SIZE_REACHED | consumer Reconciling A B
    `);
  });

  test('follows its topics', () => {
    played(`
      enter A w regex=x.* | A: 1 = -          |
      topic w 1           |                   |
      tick A              | A: 2 = w:0        |
      topic xs 2          |                   |
      wait 1s             |                   |
      tick A              | A: 3 = w:0;xs:0,1 |
      drop w              |                   |
      tick A owns=xs:0,1  | A: 4 = xs:0,1     |
    `);
  });
});

describe('what is too large to be written', () => {
  const wide = 'x'.repeat(300);

  test('is refused, and nothing has happened', () => {
    const script = new GroupScript({ maxEventBytes: 1000 });
    script.run(`
      enter A t          | A: 1 = t:0,1,2       | consumer Stable A
      enter B ${wide},${wide}1,${wide}2 | B: UNKNOWN_SERVER_ERROR | consumer Stable A
      tick A             | A: 1                 | consumer Stable A
      restart            |                      | consumer Stable A
    `);
  });

  test('leaves a classic group as it was', () => {
    const script = new GroupScript({ maxEventBytes: 1000 });
    script.run(`
      commit A t/0=5     | A: ok                | Empty
      enter B ${wide},${wide}1,${wide}2 | B: UNKNOWN_SERVER_ERROR | Empty
    `);
  });

  test('is noticed again', () => {
    const script = new GroupScript({ maxEventBytes: 2000 });
    script.run(`
      enter A t          | A: 1 = t:0,1,2       |
      topic t 2000       |                      |
      tick A             | A: UNKNOWN_SERVER_ERROR | consumer Stable A
      tick A             | A: UNKNOWN_SERVER_ERROR | consumer Stable A
      topic t 3          |                      |
      tick A             | A: 1                 |
    `);
  });

  test('is tried again when a timer wants it', () => {
    const script = new GroupScript({ maxEventBytes: 900 });
    const { world } = script;
    script.run('enter A regex=x.* | A: 1 = - |');
    script.run('enter B regex=x.* | B: 2 = - |');
    script.run('tick A | A: 2 |');
    for (let at = 0; at < 10; at++) world.topics.put(`x${at}${'y'.repeat(100)}`, 1);
    script.run('wait 46s | | consumer Stable A B');
    for (let at = 0; at < 10; at++) world.topics.drop(`x${at}${'y'.repeat(100)}`);
    script.run('wait 1s | | consumer Empty');
  });
});
