import { describe, expect, test } from 'vitest';
import { GroupScript } from '../../support/group-script.ts';

/** Static members in a stable group: A leads. */
function staticPair(): GroupScript {
  const script = new GroupScript();
  script.run(`
    join A@one        |                                   | PreparingRebalance A
    join B@two        |                                   | PreparingRebalance A B
    wait 6s           | A: joined 1 range leads A B; B: joined 1 range, A leads |
    sync B            |                                   |
    sync A A=0 B=1    | A: got 0; B: got 1                | Stable A B
  `);
  return script;
}

describe('a static member (KIP-345)', () => {
  test('joins at once: its instance id says who it is', () => {
    staticPair();
  });

  test('takes the place of its older self without a rebalance, which is fenced from then on', () => {
    const script = staticPair();
    const older = script.idOf('B');
    script.run(`
      forget B         |                              |
      join B           | B: joined 1 range, A leads   | Stable A B
      sync B           | B: got 1                     |
      beat B           | B: ok                        |
      beat B id=${older} | B: FENCED_INSTANCE_ID      |
      sync B id=${older} | B: FENCED_INSTANCE_ID      |
      leave B id=${older} | B: FENCED_INSTANCE_ID     |
      commit B t/0=1 id=${older} | B: FENCED_INSTANCE_ID |
      join B id=${older} | B: FENCED_INSTANCE_ID      |
    `);
    expect(script.idOf('B')).toBe(older);
  });

  test('that leads is told to leave the assignment as it is (KIP-814)', () => {
    staticPair().run(`
      forget A         |                              |
      join A           | A: joined 1 range leads B A skips | Stable B A
      sync A           | A: got 0                     | Stable B A
    `);
  });

  test('that leads and cannot be told so hears of its older id as the leader', () => {
    const script = staticPair();
    script.run('forget A | |');
    script.run('join A v=8 | A: joined 1 range, older A leads | Stable B A');
  });

  test('with another protocol rebalances, if that one is elected then', () => {
    new GroupScript().run(`
      join A@one range:t,rr:t |                       |
      wait 3s          | A: joined 1 range leads A    |
      sync A A=0       | A: got 0                     |
      forget A         |                              |
      join A rr:t,range:t | A: joined 2 rr leads A    | CompletingRebalance A
    `);
  });

  test('in a rebalance that it did not join: it stays, and the group goes on', () => {
    staticPair().run(`
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
      wait 6s          | A: joined 2 range leads A B  | CompletingRebalance A B
      beat B           | B: ILLEGAL_GENERATION        |
    `);
  });

  test('another leads when the leader is static and has not joined', () => {
    staticPair().run(`
      join B range:u rebalance=6s |                   | PreparingRebalance A B
      wait 6s          |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      wait 9s          |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      wait 9s          | B: joined 2 range leads A B  | CompletingRebalance A B
    `);
  });

  test('replaced while it waits: the older request is fenced', () => {
    staticPair().run(`
      join A           |                              | PreparingRebalance A B
      forget A         |                              |
      join A           | A: FENCED_INSTANCE_ID        | PreparingRebalance B A
      join B           | B: joined 2 range, older A leads; A: joined 2 range leads B A |
    `);
  });

  test('replaced while the leader works: everybody joins again', () => {
    staticPair().run(`
      join A           |                              |
      join B           | A: joined 2 range leads A B; B: joined 2 range, A leads |
      sync B           |                              |
      forget B         |                              |
      join B           | B: FENCED_INSTANCE_ID        | PreparingRebalance A B
    `);
  });

  test('leaves by its instance id alone', () => {
    staticPair().run(`
      leave B id=none  | B: ok                        | PreparingRebalance A
      leave B id=none  | B: UNKNOWN_MEMBER_ID         |
      beat B           | B: UNKNOWN_MEMBER_ID         |
    `);
  });

  test('with an instance id that nobody has', () => {
    staticPair().run(`
      beat A instance=three | A: UNKNOWN_MEMBER_ID    |
      join C@three id=x | C: UNKNOWN_MEMBER_ID        | Stable A B
    `);
  });

  test('is removed when it is silent for its session timeout', () => {
    staticPair().run(`
      wait 9s          |                              |
      beat A           | A: ok                        |
      wait 1s          |                              | PreparingRebalance A
    `);
  });
});

describe('cooperative rebalancing', () => {
  test('takes two joins: what one gives up in the first, another gets in the second', () => {
    new GroupScript().run(`
      join A v=3       |                              |
      wait 3s          | A: joined 1 range leads A    |
      sync A A=0,1     | A: got 0,1                   | Stable A
      join B v=3       |                              |
      beat A           | A: REBALANCE_IN_PROGRESS     |
      join A range:t:0,1 | A: joined 2 range leads A B; B: joined 2 range, A leads |
      sync B           |                              |
      sync A A=0       | A: got 0; B: got nothing     | Stable A B
      join A range:t:0 |                              | PreparingRebalance A B
      beat B           | B: REBALANCE_IN_PROGRESS     |
      join B           | A: joined 3 range leads A B; B: joined 3 range, A leads |
      sync A A=0 B=1   | A: got 0                     |
      sync B           | B: got 1                     | Stable A B
    `);
  });
});

describe('a restart of the broker', () => {
  test('goes on with the group that was stored', () => {
    staticPair().run(`
      restart          |                              | Stable A B
      beat A           | A: ok                        |
      sync B           | B: got 1                     |
      join B           | B: joined 1 range, A leads   | Stable A B
      wait 9s          |                              |
      beat A           | A: ok                        |
      wait 1s          |                              | PreparingRebalance A
    `);
  });

  test('goes back to the generation before when the next one was not stored yet', () => {
    staticPair().run(`
      join A           |                              |
      join B           | A: joined 2 range leads A B; B: joined 2 range, A leads |
      sync B           |                              |
      restart          |                              | Stable A B
      sync A A=0 B=1   | A: ILLEGAL_GENERATION        |
      join A           |                              | PreparingRebalance A B
      join B           | A: joined 2 range leads A B; B: joined 2 range, A leads |
    `);
  });

  test('finds a group that has become too large, and lets in no more than it may have', () => {
    const script = staticPair();
    script.world.restart({ maxSize: 1 });
    script.run(`
      beat A           | A: REBALANCE_IN_PROGRESS     | PreparingRebalance A B
      join A           |                              |
      join B           | B: GROUP_MAX_SIZE_REACHED    | PreparingRebalance A
    `);
  });

  test('knows the new id of a static member', () => {
    staticPair().run(`
      forget B         |                              |
      join B           | B: joined 1 range, A leads   |
      restart          |                              | Stable A B
      beat B           | B: ok                        |
    `);
  });

  test('knows that a group is empty, and in which generation', () => {
    staticPair().run(`
      leave A          | A: ok                        |
      leave B          | B: ok                        | Empty
      restart          |                              | Empty
      join C v=3       |                              |
      wait 3s          | C: joined 3 range leads C    |
    `);
  });

  test('does not know who was given an id, or joined an empty group', () => {
    new GroupScript().run(`
      join A           | A: MEMBER_ID_REQUIRED        |
      join A           |                              | PreparingRebalance A
      restart          |                              | Dead
      join A           | A: UNKNOWN_MEMBER_ID         |
    `);
  });
});
