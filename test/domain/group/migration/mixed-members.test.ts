import { describe, expect, test } from 'vitest';
import type {
  DescribeConsumerGroupReply,
  LeaveGroupReply,
} from '../../../../src/domain/model/group/group-commands.ts';
import { SETTINGS } from '../../../support/group-world.ts';
import { classicPair, MixedScript } from './mixed-script.ts';

describe('members of the classic protocol in a consumer group', () => {
  test('a cooperative one gives up and joins again, and only then others get it', () => {
    classicPair().run(`
      enter C           | C: 3 = -                  |
      enter D           | D: 4 = -                  |
      join A owns=t/0,1 | A: joined 2 range         | Reconciling 4: A/2 t/0; B/2 t/2; C 3 -; D 4 -
      sync A            | A: got t/0                |
      commit A t/0=1    | A: ok                     |
      tell C            | C: 4                      |
      beat A            | A: REBALANCE_IN_PROGRESS  |
      join A owns=t/0,1 | A: joined 2 range         |
      join A owns=t/0   | A: joined 4 range         |
      sync A            | A: got t/0                |
      beat A            | A: ok                     |
      tell C            | C: 4 = t/1                |
      join B owns=t/2   | B: joined 4 range         | Stable 4: A/4 t/0; B/4 t/2; C 4 t/1; D 4 -
    `);
  });

  test('one that waits for others joins again when what it waits for is free', () => {
    new MixedScript().run(`
      enter C             | C: 1 = t/0,1,2            |
      join A              | A: joined 2 range         | Reconciling 2: A/2 -; C 1 t/0,1,2
      sync A              | A: got -                  |
      beat A              | A: ok                     |
      tell C owns=t/0,1,2 | C: 1 = t/0,1              |
      beat A              | A: ok                     |
      tell C owns=t/0,1   | C: 2                      |
      beat A              | A: REBALANCE_IN_PROGRESS  |
      join A              | A: joined 2 range         | Stable 2: A/2 t/2; C 2 t/0,1
      sync A              | A: got t/2                |
      beat A              | A: ok                     |
    `);
  });

  test('notice themselves when topics grow', () => {
    new MixedScript().run(`
      enter C             | C: 1 = t/0,1,2            |
      join A              | A: joined 2 range         |
      sync A              | A: got -                  |
      grow t 4            |                           |
      beat A              | A: REBALANCE_IN_PROGRESS  | Assigning 3: A/2 -; C 1 t/0,1,2
      join A              | A: joined 3 range         |
      sync A              | A: got t/3                |
    `);
  });

  test('that name their topics in another order have not changed', () => {
    new MixedScript().run(`
      enter C             | C: 1 = t/0,1,2            |
      join A topics=t+u   | A: joined 2 range         | Reconciling 2: A/2 u/0,1,2; C 1 t/0,1,2
      join A topics=u+t+u | A: joined 2 range         |
      join A topics=u     | A: joined 3 range         | Reconciling 3: A/3 u/0,1,2; C 1 t/0,1,2
    `);
  });

  test('ask neither for an assignor nor for what an expression stands for', () => {
    const script = new MixedScript();
    script.run(`
      enter C             | C: 1 = t/0,1,2            |
      enter S@one topics=t regex=u assignor=range | S: 2 = u/0,1,2 |
      forget S            |                           |
      join S topics=t     | S: joined 3 range         | Reconciling 3: C 1 t/0,1,2; S/3 -
    `);
    const question = { type: 'describe-consumer-group', groupId: 'g' } as const;
    const { group } = script.world.answer<DescribeConsumerGroupReply>(question);
    expect(group!.assignor).toBe('uniform');
  });

  test('must come with the protocols of the others, and with a subscription', () => {
    classicPair().run(`
      enter C             | C: 3 = -                       |
      join X protocols=rr | X: INCONSISTENT_GROUP_PROTOCOL |
      join X protocols=-  | X: INCONSISTENT_GROUP_PROTOCOL |
      join X type=other   | X: INCONSISTENT_GROUP_PROTOCOL |
      join X topics=?     | X: UNKNOWN_SERVER_ERROR        | Reconciling 3: A/2 t/0,1; B/2 t/2; C 3 -
      join X protocols=rr,range | X: joined 4 rr           |
    `);
    new MixedScript().run(`
      enter C             | C: 1 = t/0,1,2                 |
      join X protocols=rr | X: joined 2 rr                 |
      join Y protocols=range | Y: INCONSISTENT_GROUP_PROTOCOL |
    `);
  });

  test('join in two steps if they know how, and hear at once that the group is full', () => {
    const settings = { consumer: { ...SETTINGS.consumer, maxSize: 2 } };
    new MixedScript(settings).run(`
      enter C           | C: 1 = t/0,1,2          |
      join A needs-id   | A: MEMBER_ID_REQUIRED   | Stable 1: C 1 t/0,1,2
      join A needs-id   | A: joined 2 range       | Reconciling 2: A/2 -; C 1 t/0,1,2
      join B needs-id   | B: GROUP_MAX_SIZE_REACHED |
      join A            | A: joined 2 range       |
    `);
  });

  test('who was fenced gives all up before it is let in again', () => {
    new MixedScript().run(`
      enter C           | C: 1 = t/0,1,2          |
      join A            | A: joined 2 range       |
      wait 11           |                         | Assigning 3: C 1 t/0,1,2
      join A owns=t/0   | A: UNKNOWN_MEMBER_ID    |
      join A            | A: joined 4 range       | Reconciling 4: A/4 -; C 1 t/0,1,2
    `);
  });

  test('are who they say, in the epoch that they were told, with their own protocol', () => {
    classicPair().run(`
      enter C           | C: 3 = -                |
      join A            | A: joined 3 range       |
      sync A gen=2      | A: ILLEGAL_GENERATION   |
      beat A gen=2      | A: ILLEGAL_GENERATION   |
      commit A t/0=1 gen=2 | A: ILLEGAL_GENERATION |
      beat A id=zz      | A: UNKNOWN_MEMBER_ID    |
      sync A id=zz      | A: UNKNOWN_MEMBER_ID    |
      leave A id=zz     | A: UNKNOWN_MEMBER_ID    |
      sync A type=x     | A: INCONSISTENT_GROUP_PROTOCOL |
      sync A name=rr    | A: INCONSISTENT_GROUP_PROTOCOL |
      sync A type=consumer name=range | A: got t/0 |
      sync C            | C: UNKNOWN_MEMBER_ID    |
      beat C            | C: UNKNOWN_MEMBER_ID    |
      leave C           | C: UNKNOWN_MEMBER_ID    | Reconciling 3: A/3 t/0; B/2 t/2; C 3 -
    `);
  });

  test('may all leave, and the others have everything', () => {
    classicPair().run(`
      enter C           | C: 3 = -                |
      leave A           | A: ok                   | Assigning 4: B/2 t/2; C 3 -
      tell C            | C: 4 = t/1              |
      leave B           | B: ok                   | Assigning 5: C 4 t/1
      tell C            | C: 5 = t/0,1,2          | Stable 5: C 5 t/0,1,2
    `);
  });

  test('leave together in one epoch, each once, and a static one by its instance alone', () => {
    const script = new MixedScript();
    script.run(`
      enter C           | C: 1 = t/0,1,2          |
      join A            | A: joined 2 range       |
      join B@two        | B: joined 3 range       |
    `);
    const members = [
      { memberId: script.idOf('A'), instanceId: null },
      { memberId: script.idOf('A'), instanceId: null },
      { memberId: '', instanceId: 'two' },
      { memberId: '', instanceId: 'nobody' },
      { memberId: script.idOf('C'), instanceId: null },
    ];
    const question = { type: 'leave-group', groupId: 'g', members } as const;
    const { members: left } = script.world.answer<LeaveGroupReply>(question);
    expect(left.map(({ error }) => error)).toEqual([
      ...[null, 'UNKNOWN_MEMBER_ID', null, 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID'],
    ]);
    expect(left[2]!.memberId).toBe(script.idOf('B'));
    script.run('wait 0 | | Assigning 4: C 1 t/0,1,2');
  });
});

describe('a static member that pauses', () => {
  test('may be replaced by one of the classic protocol, what that had is assigned at once', () => {
    new MixedScript().run(`
      enter S@i topics=t+u | S: 1 = t/0,1,2 u/0,1,2   |
      join A             | A: joined 2 range          |
      tell S owns=t/0,1,2+u/0,1,2 | S: 1 = u/0,1,2    |
      tell S owns=u/0,1,2 | S: 2                      |
      join A             | A: joined 2 range          | Stable 2: A/2 t/0,1,2; S 2 u/0,1,2
      pause S            | S: -2                      |
      enter A topics=t+u instance=i | A: 3 = t/0,1,2 u/0,1,2 | Stable 3: A 3 t/0,1,2 u/0,1,2
    `);
  });
});

describe('the time that a member of the classic protocol has', () => {
  test('is its own session timeout, after a restart too', () => {
    new MixedScript().run(`
      enter C           | C: 1 = t/0,1,2          |
      join A session=20 | A: joined 2 range       |
      wait 19           |                         |
      sync A            | A: got -                |
      wait 19           |                         | Reconciling 2: A/2 -; C 1 t/0,1,2
      restart           |                         |
      wait 19           |                         | Reconciling 2: A/2 -; C 1 t/0,1,2
      beat A            | A: ok                   |
      wait 19           |                         | Reconciling 2: A/2 -; C 1 t/0,1,2
      wait 2            |                         | Assigning 3: C 1 t/0,1,2
    `);
  });

  test('to join again is its rebalance timeout, however often it is told', () => {
    classicPair().run(`
      join A session=40 |                         |
      join B session=99 | A: joined 3 range leads; B: joined 3 range |
      sync B            |                         |
      sync A A=t/0,1 B=t/2 | A: got t/0,1; B: got t/2 |
      enter C           | C: 4 = -                |
      beat A            | A: REBALANCE_IN_PROGRESS |
      wait 30           |                         |
      tell C            | C: 4                    |
      beat A            | A: REBALANCE_IN_PROGRESS |
      sync B            | B: REBALANCE_IN_PROGRESS |
      wait 29           |                         |
      beat A            | A: REBALANCE_IN_PROGRESS |
      beat B            | B: REBALANCE_IN_PROGRESS | Reconciling 4: A/3 t/0,1; B/3 t/2; C 4 -
      wait 2            |                         | Assigning 5: B/3 t/2; C 4 -
      tell C            | C: 5 = t/1              |
      wait 28           |                         | Reconciling 5: B/3 t/2; C 5 t/1
      beat B            | B: REBALANCE_IN_PROGRESS |
      wait 2            |                         | Assigning 6: C 5 t/1
    `);
  });

  test('to join again ends when it does', () => {
    new MixedScript().run(`
      enter C           | C: 1 = t/0,1,2          |
      join A session=100 | A: joined 2 range      |
      sync A            | A: got -                |
      grow t 4          |                         |
      beat A            | A: REBALANCE_IN_PROGRESS |
      wait 40           |                         |
      tell C            | C: 1 = t/0,1            |
      join A session=100 | A: joined 3 range      |
      sync A            | A: got t/3              |
      wait 40           |                         | Reconciling 3: A/3 t/3; C 1 t/0,1
    `);
  });

  test('ends with its protocol', () => {
    new MixedScript().run(`
      enter C           | C: 1 = t/0,1,2          |
      join A session=100 | A: joined 2 range      |
      sync A            | A: got -                |
      grow t 4          |                         |
      beat A            | A: REBALANCE_IN_PROGRESS |
      enter A           | A: 3 = t/3              |
      wait 40           |                         |
      tell A            | A: 3                    |
      tell C            | C: 1 = t/0,1            |
      wait 40           |                         | Reconciling 3: A 3 t/3; C 1 t/0,1
    `);
    new MixedScript().run(`
      enter A           | A: 1 = t/0,1,2          |
      enter C           | C: 2 = -                |
      tell A owns=t/0,1,2 | A: 1 = t/0,1          |
      join A owns=t/0,1,2 session=100 | A: joined 1 range |
      sync A            | A: got t/0,1            |
      wait 40           |                         |
      tell C            | C: 2                    |
      wait 30           |                         | Reconciling 2: A/1 t/0,1; C 2 -
    `);
  });

  test('to join again begins anew the next time', () => {
    new MixedScript().run(`
      enter C           | C: 1 = t/0,1,2          |
      join A session=100 | A: joined 2 range      |
      sync A            | A: got -                |
      grow t 4          |                         |
      beat A            | A: REBALANCE_IN_PROGRESS |
      wait 40           |                         |
      join A session=100 | A: joined 3 range      |
      sync A            | A: got t/3              |
      tell C            | C: 1 = t/0,1            |
      grow t 5          |                         |
      beat A            | A: REBALANCE_IN_PROGRESS |
      wait 40           |                         |
      tell C owns=t/0,1 | C: 4                    | Reconciling 4: A/3 t/3; C 4 t/0,1
      wait 21           |                         | Assigning 5: C 4 t/0,1
    `);
  });

  test('to join again begins when it is told to, not when that cannot be written', () => {
    const script = new MixedScript({ maxEventBytes: 2000 });
    script.run(`
      enter C regex=x.* topics=t | C: 1 = t/0,1,2 |
      join A session=200 | A: joined 2 range      |
      sync A             | A: got -               |
      tell C owns=t/0,1,2 | C: 1 = t/0,1          |
      tell C owns=t/0,1  | C: 2                   |
      join A session=200 | A: joined 2 range      |
      sync A             | A: got t/2             | Stable 2: A/2 t/2; C 2 t/0,1
      wait 2             |                        |
    `);
    const topics = Array.from({ length: 20 }, (_, at) => `x${at}${'y'.repeat(100)}`);
    for (const topic of topics) script.world.topics.put(topic, 1);
    script.run('beat A | A: UNKNOWN_SERVER_ERROR |');
    for (const topic of topics) script.world.topics.drop(topic);
    script.run(`
      wait 40            |                        |
      tell C             | C: 2                   |
      grow t 4           |                        |
      beat A             | A: REBALANCE_IN_PROGRESS |
      wait 40            |                        |
      beat A             | A: REBALANCE_IN_PROGRESS |
      tell C             | C: 3                   |
      wait 19            |                        | Reconciling 3: A/2 t/2; C 3 t/0,1
      wait 2             |                        | Assigning 4: C 3 t/0,1
    `);
  });

  test('to sync is its rebalance timeout', () => {
    classicPair().run(`
      enter C            | C: 3 = -               |
      join A session=100 | A: joined 3 range      |
      wait 40            |                        |
      tell C             | C: 4 = t/1             |
      wait 19            |                        | Reconciling 4: A/3 t/0; C 4 t/1
      beat A             | A: REBALANCE_IN_PROGRESS |
      wait 2             |                        | Assigning 5: C 4 t/1
    `);
  });
});

describe('what a member hears is written', () => {
  test('in the version of its subscription', () => {
    const versions: number[] = [];
    const script = new MixedScript();
    const { embedded } = script.world;
    script.world.embedded = {
      readSubscription: bytes => ({ ...embedded.readSubscription(bytes)!, version: 1 }),
      readAssignment: bytes => embedded.readAssignment(bytes),
      writeAssignment: (assignment, version) => {
        versions.push(version);
        return embedded.writeAssignment(assignment, version);
      },
    };
    script.run(`
      restart | |
      enter C | C: 1 = t/0,1,2    |
      join A  | A: joined 2 range |
      sync A  | A: got -          |
      exit C  | C: -1             | classic PreparingRebalance: A -
    `);
    expect(versions).toEqual([1, 1]);
  });
});
