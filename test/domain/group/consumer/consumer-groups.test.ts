import { describe, expect, test } from 'vitest';
import { play } from './consumer-script.ts';

function expectPlay(table: string): void {
  const { came, written } = play(table);
  expect(came).toEqual(written);
}

describe('members come and go', () => {
  test('alone, a member gets everything in the first epoch', () => {
    expectPlay(`
      topic orders 3 |
      state          | none
      a join orders  | 1 = orders:0,1,2
      state          | Stable 1/1
      a beat         | 1
      a leave        | -1
      state          | Empty 2/1
      a beat at=1    | UNKNOWN_MEMBER_ID
    `);
  });

  test('a partition is given to the next only when the first says that it gave it up', () => {
    expectPlay(`
      topic orders 3             |
      a join orders              | 1 = orders:0,1,2
      b join orders              | 2 = -
      show b                     | unreleased-partitions 2 - gives -
      state                      | Reconciling 2/2
      b beat                     | 2
      a beat                     | 1 = orders:0,1
      show a                     | unrevoked-partitions 1 orders:0,1 gives orders:2
      a beat                     | 1
      a beat owns=orders:0,1,2   | 1
      b beat                     | 2
      a beat owns=orders:0,1     | 2
      show a                     | stable 2 orders:0,1 gives -
      b beat                     | 2 = orders:2
      state                      | Stable 2/2
    `);
  });

  test('a member that goes leaves its partitions to the others', () => {
    expectPlay(`
      topic orders 2         |
      a join orders          | 1 = orders:0,1
      b join orders          | 2 = -
      a beat owns=orders:0,1 | 1 = orders:0
      a beat owns=orders:0   | 2
      b beat                 | 2 = orders:1
      a leave                | -1
      state                  | Assigning 3/2
      b beat                 | 3 = orders:0,1
      state                  | Stable 3/3
    `);
  });

  test('the target may change while a member gives something up', () => {
    expectPlay(`
      topic orders 4             |
      a join orders              | 1 = orders:0,1,2,3
      b join orders              | 2 = -
      a beat owns=orders:0,1,2,3 | 1 = orders:0,1
      c join orders              | 3 = -
      a beat owns=orders:0,1     | 3
      show a                     | stable 3 orders:0,1 gives -
      b beat                     | 3 = orders:2
      c beat                     | 3 = orders:3
      state                      | Stable 3/3
    `);
  });

  test('a silent member is fenced when its session ends', () => {
    expectPlay(`
      topic orders 2 |
      a join orders  | 1 = orders:0,1
      b join orders  | 2 = -
      wait 44        |
      b beat         | 2
      wait 2         |
      show a         | none
      b beat         | 3 = orders:0,1
      a beat         | UNKNOWN_MEMBER_ID
      a join orders  | 4 = -
    `);
  });

  test('a member that does not give up in time is fenced, though it beats', () => {
    expectPlay(`
      topic orders 2         |
      a join orders          | 1 = orders:0,1
      b join orders          | 2 = -
      a beat owns=orders:0,1 | 1 = orders:0
      wait 40                |
      a beat owns=orders:0,1 | 1
      b beat                 | 2
      wait 19                |
      show a                 | unrevoked-partitions 1 orders:0 gives orders:1
      wait 2                 |
      show a                 | none
      b beat                 | 3 = orders:0,1
    `);
  });

  test('a member that gave up in time has no rebalance timeout any more', () => {
    expectPlay(`
      topic orders 2         |
      a join orders          | 1 = orders:0,1
      b join orders          | 2 = -
      a beat owns=orders:0,1 | 1 = orders:0
      a beat owns=orders:0   | 2
      wait 40                |
      a beat                 | 2
      wait 40                |
      show a                 | stable 2 orders:0 gives -
    `);
  });

  test('subscribing to something else is a new group epoch, saying the same again is not', () => {
    expectPlay(`
      topic orders 2                         |
      topic stock 1                          |
      a join orders                          | 1 = orders:0,1
      a beat topics=orders owns=orders:0,1   | 1
      a beat topics=stock owns=orders:0,1    | 1 = -
      a beat owns=-                          | 2 = stock:0
      a beat topics=stock,stock,orders       | 3 = orders:0,1 stock:0
      state                                  | Stable 3/3
    `);
  });

  test('a group of any size up to the limit; who is in stays in', () => {
    expectPlay(`
      topic orders 2              |
      limit 2                     |
      a join orders static=i      | 1 = orders:0,1
      b join orders               | 2 = -
      c join orders               | GROUP_MAX_SIZE_REACHED
      b beat                      | 2
      a pause static=i            | -2
      a2 join orders static=i     | 2 = orders:0
      b leave                     | -1
      c join orders               | 4 = orders:1
    `);
  });

  test('an empty group can be deleted, and made anew from epoch 1', () => {
    expectPlay(`
      topic orders 1 |
      delete         | GROUP_ID_NOT_FOUND
      a join orders  | 1 = orders:0
      delete         | NON_EMPTY_GROUP
      a leave        | -1
      delete         |
      state          | none
      restart        |
      state          | none
      a join orders  | 1 = orders:0
    `);
  });
});

describe('epochs', () => {
  test('a member with an epoch that it never got is fenced', () => {
    expectPlay(`
      topic orders 2 |
      a beat at=1    | GROUP_ID_NOT_FOUND
      a leave        | GROUP_ID_NOT_FOUND
      a join orders  | 1 = orders:0,1
      a beat at=2    | FENCED_MEMBER_EPOCH
      b beat at=1    | UNKNOWN_MEMBER_ID
      b leave        | UNKNOWN_MEMBER_ID
    `);
  });

  test('the epoch before is taken when the answer may be lost: from a member that has no more than it should', () => {
    expectPlay(`
      topic orders 2                   |
      a join orders                    | 1 = orders:0,1
      b join orders                    | 2 = -
      a beat owns=orders:0,1           | 1 = orders:0
      a beat owns=orders:0             | 2
      a beat at=1                      | FENCED_MEMBER_EPOCH
      a beat at=1 owns=orders:0,1      | FENCED_MEMBER_EPOCH
      a beat at=1 owns=orders:0        | 2
      a beat at=1 owns=-               | 2
      c join orders                    | 3 = -
      a beat owns=orders:0             | 3
      a beat at=1 owns=orders:0        | FENCED_MEMBER_EPOCH
    `);
  });

  test('the epoch before is taken again while the member waits for others', () => {
    expectPlay(`
      topic orders 3                        |
      topic stock 1                         |
      a join orders                         | 1 = orders:0,1,2
      b join orders                         | 2 = -
      a beat owns=orders:0,1,2              | 1 = orders:0,1
      a beat owns=orders:0,1                | 2
      b beat                                | 2 = orders:2
      a beat topics=stock owns=orders:0,1   | 2 = -
      b beat                                | 3
      show b                                | unreleased-partitions 3 orders:2 gives -
      b beat at=2 owns=orders:2             | 3
      b beat at=2 owns=orders:2             | 3
    `);
  });

  test('a request that tells everything is told everything', () => {
    expectPlay(`
      topic orders 1                               |
      a join orders                                | 1 = orders:0
      a beat timeout=1 owns=orders:0               | 1
      a beat topics=orders owns=orders:0           | 1
      a beat topics=orders timeout=1               | 1
      a beat topics=orders timeout=1 owns=orders:0 | 1 = orders:0
      a beat regex= timeout=1 owns=orders:0        | 1 = orders:0
    `);
  });

  test('once something is to be given up, no older heartbeat counts as the word that it was', () => {
    expectPlay(`
      topic orders 3              |
      topic stock 1               |
      a join orders               | 1 = orders:0,1,2
      a beat topics=orders,stock  | 2 = orders:0,1,2 stock:0
      b join orders,stock         | 3 = -
      a beat                      | 2 = orders:0,1
      a beat at=1 owns=orders:0,1 | FENCED_MEMBER_EPOCH
      show a                      | unrevoked-partitions 2 orders:0,1 gives orders:2 stock:0
    `);
  });

  test('a member that was fenced joins again under its id, and owns nothing', () => {
    expectPlay(`
      topic orders 2         |
      a join orders          | 1 = orders:0,1
      b join orders          | 2 = -
      a beat owns=orders:0,1 | 1 = orders:0
      a beat at=9            | FENCED_MEMBER_EPOCH
      a join orders          | 2 = orders:0
      show a                 | stable 2 orders:0 gives -
      b beat                 | 2 = orders:1
    `);
  });

  test('a lost answer to a join is asked for again', () => {
    expectPlay(`
      topic orders 2 |
      a join orders  | 1 = orders:0,1
      a join orders  | 1 = orders:0,1
      state          | Stable 1/1
    `);
  });
});

describe('topics', () => {
  test('that grow, come and go are a new group epoch with the next heartbeat', () => {
    expectPlay(`
      topic orders 1                     |
      a join orders,stock                | 1 = orders:0
      topic orders 2                     |
      a beat                             | 2 = orders:0,1
      topic stock 1                      |
      a beat                             | 3 = orders:0,1 stock:0
      topic else 1                       |
      a beat                             | 3
      drop orders                        |
      a beat                             | 3 = stock:0
      a beat owns=stock:0                | 4
      topic orders 1                     |
      a beat                             | 5 = orders:0 stock:0
    `);
  });

  test('of a regular expression: whole names, and no internal ones', () => {
    expectPlay(`
      topic stock 1                |
      topic stock-eu 1             |
      topic livestock 1            |
      topic __stock 1              |
      a join orders regex=stock.*  | 1 = stock-eu:0 stock:0
      b join regex=.*              | 2 = livestock:0
      topic stock-us 1             |
      a beat                       | 2
      wait 1                       |
      a beat                       | 3
      b beat                       | 3 = livestock:0 stock-us:0
    `);
  });

  test('of an expression are looked up again when topics go, and forgotten with the last that wants it', () => {
    expectPlay(`
      topic stock 1            |
      topic stock-eu 1         |
      a join regex=stock.*     | 1 = stock-eu:0 stock:0
      drop stock               |
      wait 1                   |
      a beat owns=-            | 2 = stock-eu:0
      a beat regex= topics=    | 2 = -
      a beat owns=-            | 3
      state                    | Stable 3/3
      a beat regex=[           | INVALID_REGULAR_EXPRESSION
      b join regex=[           | INVALID_REGULAR_EXPRESSION
    `);
  });
});

describe('assignors', () => {
  test('the one with the most votes is taken', () => {
    expectPlay(`
      topic orders 4                |
      topic stock 4                 |
      a join orders,stock           | 1 = orders:0,1,2,3 stock:0,1,2,3
      b join orders,stock assignor=range | 2 = -
      a beat owns=-                 | 2 = orders:0,1 stock:0,1
      b beat                        | 2 = orders:2,3 stock:2,3
      c join orders assignor=none   | UNSUPPORTED_ASSIGNOR
    `);
  });
});

describe('a restart', () => {
  test('goes on where the log ends, with new sessions', () => {
    expectPlay(`
      topic orders 3           |
      a join orders            | 1 = orders:0,1,2
      b join orders            | 2 = -
      a beat owns=orders:0,1,2 | 1 = orders:0,1
      wait 40                  |
      restart                  |
      show a                   | unrevoked-partitions 1 orders:0,1 gives orders:2
      show b                   | unreleased-partitions 2 - gives -
      wait 40                  |
      b beat                   | 2
      a beat owns=orders:0,1   | 2
      b beat                   | 2 = orders:2
    `);
  });

  test('has the rebalance timeout run too', () => {
    expectPlay(`
      topic orders 2           |
      a join orders            | 1 = orders:0,1
      b join orders            | 2 = -
      a beat owns=orders:0,1   | 1 = orders:0
      restart                  |
      wait 30                  |
      a beat                   | 1
      wait 31                  |
      show a                   | none
    `);
  });
});
