import { describe, expect, test } from 'vitest';
import { play } from './consumer-script.ts';

function expectPlay(table: string): void {
  const { came, written } = play(table);
  expect(came).toEqual(written);
}

describe('static members', () => {
  test('one that pauses keeps its partitions for who comes back in its name', () => {
    expectPlay(`
      topic orders 2                |
      a join orders static=i        | 1 = orders:0,1
      b join orders static=i        | UNRELEASED_INSTANCE_ID
      a pause static=i              | -2
      show a                        | stable -2 orders:0,1 gives -
      state                         | Reconciling 1/1
      a beat at=1 static=i          | FENCED_MEMBER_EPOCH
      b join orders static=i        | 1 = orders:0,1
      show a                        | none
      state                         | Stable 1/1
      a beat at=1 static=i          | FENCED_INSTANCE_ID
      a leave static=i              | FENCED_INSTANCE_ID
      b beat static=j               | UNKNOWN_MEMBER_ID
    `);
  });

  test('one whose place another takes leaves that what it had itself, for all and at once', () => {
    expectPlay(`
      topic orders 4                |
      a join orders                 | 1 = orders:0,1,2,3
      b join orders static=i        | 2 = -
      a beat owns=orders:0,1,2,3    | 1 = orders:0,1
      a beat owns=orders:0,1        | 2
      b beat                        | 2 = orders:2,3
      b pause static=i              | -2
      a join orders static=i        | 3 = orders:0,1,2,3
      show b                        | none
      state                         | Stable 3/3
    `);
    expectPlay(`
      topic orders 3                |
      a join orders                 | 1 = orders:0,1,2
      b join orders static=i        | 2 = -
      c join orders                 | 3 = -
      a beat owns=orders:0,1,2      | 1 = orders:0
      a beat owns=orders:0          | 3
      b beat                        | 3 = orders:2
      c beat                        | 3 = orders:1
      b pause static=i              | -2
      a join orders static=i        | 4 = orders:2
      c beat                        | 4 = orders:0,1
      state                         | Stable 4/4
      a pause static=i              | -2
      c join orders static=i        | 5 = orders:0,1,2
      state                         | Stable 5/5
      restart                       |
      c beat static=i               | 5
      show a                        | none
    `);
  });

  test('one that does not come back in time is fenced', () => {
    expectPlay(`
      topic orders 2           |
      a join orders static=i   | 1 = orders:0,1
      a pause static=i         | -2
      wait 46                  |
      state                    | Empty 2/1
      b join orders static=i   | 3 = orders:0,1
    `);
  });

  test('the session of one that was replaced fences nobody', () => {
    expectPlay(`
      topic orders 2           |
      a join orders static=i   | 1 = orders:0,1
      wait 40                  |
      a pause static=i         | -2
      b join orders static=i   | 1 = orders:0,1
      wait 40                  |
      show b                   | stable 1 orders:0,1 gives -
      wait 6                   |
      show b                   | none
    `);
  });

  test('what one was to give up is free as soon as it pauses', () => {
    expectPlay(`
      topic orders 2           |
      a join orders static=i   | 1 = orders:0,1
      b join orders            | 2 = -
      a beat owns=orders:0,1   | 1 = orders:0
      a pause static=i         | -2
      b beat                   | 2 = orders:1
      c join orders static=i   | 2 = orders:0
      state                    | Stable 2/2
    `);
  });

  test('one may leave for good, and one that was fenced comes back under its own id', () => {
    expectPlay(`
      topic orders 2             |
      a join orders static=i     | 1 = orders:0,1
      a beat at=5 static=i       | FENCED_MEMBER_EPOCH
      a join orders static=i     | 1 = orders:0,1
      a leave static=i           | -1
      show a                     | none
      b join orders static=i     | 3 = orders:0,1
    `);
  });
});
