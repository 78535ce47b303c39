import { describe, expect, test } from 'vitest';
import type { GroupSettings } from '../../../src/domain/model/group/group-settings.ts';
import { GroupScript } from '../../support/group-script.ts';

/** Two members in a stable group of generation 1: A leads. */
function stablePair(settings: Partial<GroupSettings> = {}): GroupScript {
  const script = new GroupScript(settings);
  script.run(`
    join A            | A: MEMBER_ID_REQUIRED             | Empty
    join B            | B: MEMBER_ID_REQUIRED             | Empty
    join A            |                                   | PreparingRebalance A
    join B            |                                   | PreparingRebalance A B
    wait 6s           | A: joined 1 range leads A B; B: joined 1 range, A leads | CompletingRebalance A B
    sync B            |                                   | CompletingRebalance A B
    sync A A=0 B=1    | A: got 0; B: got 1                | Stable A B
  `);
  return script;
}

describe('the first rebalance of an empty group', () => {
  test('waits its delay for more members, and begins a generation', () => {
    new GroupScript().run(`
      join A           | A: MEMBER_ID_REQUIRED        | Empty
      join A           |                              | PreparingRebalance A
      wait 2999ms      |                              | PreparingRebalance A
      wait 1ms         | A: joined 1 range leads A    | CompletingRebalance A
      sync A A=x       | A: got x                     | Stable A
    `);
  });

  test('is drawn out as long as more members come, to the rebalance timeout', () => {
    new GroupScript().run(`
      join A v=3 rebalance=7s |                       |
      wait 2s          |                              |
      join B v=3 rebalance=7s |                       |
      wait 3s          |                              | PreparingRebalance A B
      join C v=3 rebalance=7s |                       |
      wait 1s          |                              | PreparingRebalance A B C
      join D v=3 rebalance=7s |                       |
      wait 999ms       |                              | PreparingRebalance A B C D
      wait 1ms         | A: joined 1 range leads A B C D; B: joined 1 range, A leads; C: joined 1 range, A leads; D: joined 1 range, A leads |
    `);
  });

  test('does not wait at all in an embedded broker', () => {
    new GroupScript({ initialRebalanceDelayMs: 0 }).run(`
      join A v=3       |                              |
      wait 0ms         | A: joined 1 range leads A    | CompletingRebalance A
    `);
  });

  test('ends empty when all who joined are gone', () => {
    new GroupScript().run(`
      join A v=3       |                              | PreparingRebalance A
      leave A id=A-1   | A: UNKNOWN_MEMBER_ID; A: ok  | PreparingRebalance
      wait 3s          |                              | Empty
    `);
  });
});

describe('a stable group', () => {
  test('rebalances when somebody joins: members hear of it by their heartbeats', () => {
    stablePair().run(`
      beat A           | A: ok                        |
      join C           | C: MEMBER_ID_REQUIRED        | Stable A B
      join C           |                              | PreparingRebalance A B C
      beat A           | A: REBALANCE_IN_PROGRESS     |
      sync A           | A: REBALANCE_IN_PROGRESS     |
      join A           |                              |
      join B           | A: joined 2 range leads A B C; B: joined 2 range, A leads; C: joined 2 range, A leads | CompletingRebalance A B C
      commit B t/0=4   | B: REBALANCE_IN_PROGRESS     |
      sync C           |                              |
      sync A A=0 B=1 C=2 | A: got 0; C: got 2         | Stable A B C
      sync B           | B: got 1                     |
    `);
  });

  test('rebalances when a member leaves', () => {
    stablePair().run(`
      leave B          | B: ok                        | PreparingRebalance A
      beat B           | B: UNKNOWN_MEMBER_ID         |
      join A           | A: joined 2 range leads A    |
      sync A A=01      | A: got 01                    | Stable A
      leave A          | A: ok                        | Empty
    `);
  });

  test('rebalances when a member is silent for its session timeout', () => {
    stablePair().run(`
      wait 9s          |                              |
      beat A           | A: ok                        |
      wait 999ms       |                              | Stable A B
      wait 1ms         |                              | PreparingRebalance A
      join A           | A: joined 2 range leads A    |
      beat B           | B: UNKNOWN_MEMBER_ID         |
    `);
  });

  test('a commit keeps a member alive', () => {
    stablePair().run(`
      wait 9s          |                              |
      commit A t/0=1   | A: ok                        |
      commit B t/1=1   | B: ok                        |
      wait 9s          |                              | Stable A B
    `);
  });

  test('the leader that joins again rebalances, a follower that brings nothing new does not', () => {
    stablePair().run(`
      join B           | B: joined 1 range, A leads   | Stable A B
      join B range:u   |                              | PreparingRebalance A B
      join A           | A: joined 2 range leads A B; B: joined 2 range, A leads |
      sync B           |                              |
      sync A A=0 B=1   | A: got 0; B: got 1           | Stable A B
      join A           |                              | PreparingRebalance A B
    `);
  });

  test('keeps all protocols of its members, not only the one that was elected', () => {
    new GroupScript().run(`
      join A range:t,rr:t v=3 |                       |
      join B range:t,rr:t v=3 |                       |
      wait 6s          | A: joined 1 range leads A B; B: joined 1 range, A leads |
      sync B           |                              |
      sync A A=0 B=1   | A: got 0; B: got 1           |
      join B range:t,rr:t | B: joined 1 range, A leads | Stable A B
      join B range:t   |                              | PreparingRebalance A B
    `);
  });

  test('goes on without those who have not joined when the rebalance timeout is over', () => {
    stablePair().run(`
      join A           |                              | PreparingRebalance A B
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 5999ms      |                              | PreparingRebalance A B
      wait 1ms         | A: joined 2 range leads A    | CompletingRebalance A
    `);
  });

  test('has another leader when the leader goes', () => {
    stablePair().run(`
      leave A          | A: ok                        | PreparingRebalance B
      join B           | B: joined 2 range leads B    |
    `);
  });

  test('a member that waits for the others is not silent, however long that takes', () => {
    stablePair().run(`
      join A session=6s |                             |
      wait 9s          |                              |
      beat B           | B: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      join B           | A: joined 2 range leads A B; B: joined 2 range, A leads |
      wait 5999ms      |                              | CompletingRebalance A B
      wait 1ms         |                              | PreparingRebalance B
    `);
  });
});

describe('while the leader works out who gets what', () => {
  test('members that do not sync in time are removed', () => {
    new GroupScript().run(`
      join A v=3 session=5m rebalance=20s |           |
      join B v=3 session=5m rebalance=20s |           |
      wait 6s          | A: joined 1 range leads A B; B: joined 1 range, A leads |
      sync A A=0 B=1   | A: got 0                     | Stable A B
      wait 19999ms     |                              | Stable A B
      wait 1ms         |                              | PreparingRebalance A
      sync B           | B: UNKNOWN_MEMBER_ID         |
    `);
  });

  test('all who have synced in time may take theirs', () => {
    stablePair().run(`
      wait 0ms         |                              | Stable A B
      sync B           | B: got 1                     |
      beat A           | A: ok                        |
      beat B           | B: ok                        | Stable A B
    `);
  });

  test('a join with the same protocols is answered again, one with others rebalances', () => {
    new GroupScript().run(`
      join A v=3       |                              |
      join B v=3       |                              |
      wait 6s          | A: joined 1 range leads A B; B: joined 1 range, A leads |
      join B           | B: joined 1 range, A leads   | CompletingRebalance A B
      join A           | A: joined 1 range leads A B  | CompletingRebalance A B
      sync B           |                              |
      join A range:u   | B: REBALANCE_IN_PROGRESS     | PreparingRebalance A B
    `);
  });

  test('a join that takes the place of one that is parked ends it', () => {
    stablePair().run(`
      join A           |                              | PreparingRebalance A B
      join A           | A: REBALANCE_IN_PROGRESS     | PreparingRebalance A B
      join B           | A: joined 2 range leads A B; B: joined 2 range, A leads |
      sync B           |                              |
      sync B           | B: REBALANCE_IN_PROGRESS     |
      leave B          | B: UNKNOWN_MEMBER_ID; B: ok  | PreparingRebalance A
    `);
  });

  test('members that the leader forgot get nothing, and strangers are ignored', () => {
    const script = stablePair();
    script.run(`
      leave B          | B: ok                        |
      join C v=3       |                              |
      join A           | A: joined 2 range leads A C; C: joined 2 range, A leads |
      sync A A=0 B=1   | A: got 0                     | Stable A C
      sync C           | C: got nothing               |
    `);
    expect(script.world.events.at(-1)).toMatchObject({ generationId: 2, members: [{}, {}] });
  });
});

describe('who is let in', () => {
  test('protocols are elected by votes among those that all support', () => {
    new GroupScript().run(`
      join A range:t,rr:t v=3         |               |
      join B sticky:t,rr:t,range:t v=3 |              |
      join C rr:t,range:t v=3         |               |
      wait 6s          | A: joined 1 rr leads A B C; B: joined 1 rr, A leads; C: joined 1 rr, A leads |
      join D sticky:t  | D: INCONSISTENT_GROUP_PROTOCOL |
      join D range:t type=connect | D: INCONSISTENT_GROUP_PROTOCOL |
      join D -         | D: INCONSISTENT_GROUP_PROTOCOL |
    `);
  });

  test('nobody without a protocol, or a protocol type; there is no group for it then', () => {
    new GroupScript().run(`
      join A -         | A: INCONSISTENT_GROUP_PROTOCOL | Dead
      join A range:t type= | A: INCONSISTENT_GROUP_PROTOCOL | Dead
    `);
  });

  test('an id that was given is worth nothing after the session timeout, or to nobody else', () => {
    new GroupScript().run(`
      join A session=10s | A: MEMBER_ID_REQUIRED      | Empty
      join B id=unknown | B: UNKNOWN_MEMBER_ID        |
      wait 10s         |                              |
      join A           | A: UNKNOWN_MEMBER_ID         |
      forget A         |                              |
      join A           | A: MEMBER_ID_REQUIRED        |
      leave A          | A: ok                        |
      join A           | A: UNKNOWN_MEMBER_ID         | Empty
    `);
  });

  test('a rebalance waits for those who were given an id', () => {
    stablePair().run(`
      join C           | C: MEMBER_ID_REQUIRED        | Stable A B
      join A           |                              |
      join B           |                              | PreparingRebalance A B
      wait 9s          |                              |
      join C           | A: joined 2 range leads A B C; B: joined 2 range, A leads; C: joined 2 range, A leads |
    `);
  });

  test('no more than the group may have', () => {
    stablePair({ maxSize: 2 }).run(`
      join C v=3       | C: GROUP_MAX_SIZE_REACHED    | Stable A B
      join A           |                              | PreparingRebalance A B
      join C v=3       |                              | PreparingRebalance A B C
      join B           | B: GROUP_MAX_SIZE_REACHED    |
    `);
  });

  test('somebody new may not wait for ever', () => {
    new GroupScript().run(`
      join A v=3 session=30m rebalance=30m |          |
      join B v=3 session=30m rebalance=30m |          |
      wait 6s          | A: joined 1 range leads A B; B: joined 1 range, A leads |
      sync B           |                              |
      sync A A=0 B=1   | A: got 0; B: got 1           |
      join C v=3 session=10s rebalance=30m |          | PreparingRebalance A B C
      wait 299999ms    |                              | PreparingRebalance A B C
      wait 1ms         | C: UNKNOWN_MEMBER_ID         | PreparingRebalance A B
    `);
  });
});

describe('illegal requests', () => {
  test('of members that are none, or of another generation', () => {
    stablePair().run(`
      beat A gen=0     | A: ILLEGAL_GENERATION        |
      beat A gen=2     | A: ILLEGAL_GENERATION        |
      beat A id=x      | A: UNKNOWN_MEMBER_ID         |
      sync A gen=0     | A: ILLEGAL_GENERATION        |
      sync A id=x      | A: UNKNOWN_MEMBER_ID         |
      sync A type=connect | A: INCONSISTENT_GROUP_PROTOCOL |
      sync A type=consumer name=sticky | A: INCONSISTENT_GROUP_PROTOCOL |
      sync A type=consumer name=range | A: got 0      |
      leave A id=x     | A: UNKNOWN_MEMBER_ID         |
      leave A id=none  | A: UNKNOWN_MEMBER_ID         |
      commit A t/0=1 gen=0 | A: ILLEGAL_GENERATION    |
      commit A t/0=1 id=x  | A: UNKNOWN_MEMBER_ID     |
      commit A t/0=1 id=none gen=-1 | A: UNKNOWN_MEMBER_ID | Stable A B
    `);
  });

  test('to a group that is not there, or has no members', () => {
    new GroupScript().run(`
      beat A gen=1     | A: UNKNOWN_MEMBER_ID         | Dead
      sync A gen=1     | A: UNKNOWN_MEMBER_ID         | Dead
      leave A          | A: UNKNOWN_MEMBER_ID         | Dead
      join A id=x      | A: UNKNOWN_MEMBER_ID         | Dead
      commit A t/0=1 gen=1 | A: ILLEGAL_GENERATION    | Dead
      commit A t/0=1 gen=1 v=9 | A: GROUP_ID_NOT_FOUND | Dead
      commit A t/0=1   | A: ok                        | Empty
      beat A gen=0     | A: UNKNOWN_MEMBER_ID         | Empty
      sync A gen=0     | A: UNKNOWN_MEMBER_ID         | Empty
    `);
  });

  test('an assignment that no record can hold is refused, and the group tries again', () => {
    stablePair().run(`
      join A           |                              |
      join B           | A: joined 2 range leads A B; B: joined 2 range, A leads |
      sync B           |                              |
      sync A A=${'x'.repeat(10_000)} | A: UNKNOWN_SERVER_ERROR; B: UNKNOWN_SERVER_ERROR | PreparingRebalance A B
    `);
  });
});
