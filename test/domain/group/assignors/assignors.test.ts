import { describe, expect, test } from 'vitest';
import { assignRange } from '../../../../src/domain/model/group/assignors/range.ts';
import { assignUniform } from '../../../../src/domain/model/group/assignors/uniform.ts';
import type { Assignor } from '../../../../src/domain/model/group/assignors/assignor.ts';
import { textTable } from '../../../support/text-table.ts';
import { assigned, groupOf } from './assignor-script.ts';

/** Rows of: member, its topics, what it had, what it gets. */
function expectAssigned(assignor: Assignor, topics: string, table: string): void {
  const rows = textTable(table);
  const wanted = rows.map(([name, , , gets]) => [name!.split('@')[0], gets]);
  expect(assigned(assignor, groupOf(topics, rows))).toEqual(Object.fromEntries(wanted));
}

describe('uniform, all subscribed alike', () => {
  // OptimizedUniformAssignmentBuilderTest; Kafka deals the topics in another order.
  test('gives as many to each', () => {
    expectAssigned(
      assignUniform,
      'T1=3 T3=2',
      `A | T1 T3 | - | T1:0,1,2
       B | T1 T3 | - | T3:0,1`,
    );
  });
  test('gives one each, and to some nothing, when there are few', () => {
    expectAssigned(
      assignUniform,
      'T3=2',
      `A | T3 | - | T3:0
       B | T3 | - | T3:1
       C | T3 | - | -`,
    );
  });
  test('moves no more than balance asks for', () => {
    expectAssigned(
      assignUniform,
      'T1=3 T2=3',
      `A | T1 T2 | T1:0,1 T2:0,1 | T1:0,1 T2:0
       B | T1 T2 | T1:2 T2:2     | T1:2 T2:1,2`,
    );
  });
  test('keeps what is there when partitions are added', () => {
    expectAssigned(
      assignUniform,
      'T1=6 T2=5',
      `A | T1 T2 | T1:0,2 T2:0 | T1:0,2,3,4,5 T2:0
       B | T1 T2 | T1:1 T2:1,2 | T1:1 T2:1,2,3,4`,
    );
  });
  test('takes a little from each for a new member', () => {
    expectAssigned(
      assignUniform,
      'T1=3 T2=3',
      `A | T1 T2 | T1:0,2 T2:0 | T1:0,2
       B | T1 T2 | T1:1 T2:1,2 | T1:1 T2:1
       C | T1 T2 | -           | T2:0,2`,
    );
  });
  test('gives what a member leaves to the others', () => {
    expectAssigned(
      assignUniform,
      'T1=3 T2=3',
      `A | T1 T2 | T1:0 T2:0 | T1:0,2 T2:0
       B | T1 T2 | T1:1 T2:1 | T1:1 T2:1,2`,
    );
  });
  test('takes away topics that are no longer wanted, and partitions that are no more', () => {
    expectAssigned(
      assignUniform,
      'T2=2',
      `A | T2 | T1:0,1,2 T2:5 | T2:1
       B | T2 | T1:3 T2:0     | T2:0`,
    );
  });
  test('leaves one partition more to who has it, not to who comes first', () => {
    expectAssigned(
      assignUniform,
      'T1=3',
      `A | T1 | T1:2   | T1:2
       B | T1 | T1:0,1 | T1:0,1`,
    );
  });
  test('is nothing for nobody, and for who wants nothing', () => {
    expect(assignUniform({ members: [], partitionCounts: new Map() }).size).toBe(0);
    expect(
      assigned(assignUniform, { ...groupOf('T1=0', [['A', '']]), partitionCounts: new Map() }),
    ).toEqual({ A: '-' });
  });
});

describe('uniform, with different subscriptions', () => {
  // UniformHeterogeneousAssignmentBuilderTest; between members that have as many, Kafka chooses another way.
  test('balances what can be balanced', () => {
    expectAssigned(
      assignUniform,
      'T1=3 T3=6',
      `A | T1 T3 | - | T1:0,1,2 T3:3,5
       B | T3    | - | T3:0,1,2,4`,
    );
  });
  test('gives few partitions to few', () => {
    expectAssigned(
      assignUniform,
      'T1=2 T3=1',
      `A | T3 | - | T3:0
       B | T3 | - | -
       C | T1 | - | T1:0,1`,
    );
  });
  test('evens out what was uneven', () => {
    expectAssigned(
      assignUniform,
      'T1=6 T2=4 T3=4',
      `A | T1       | T1:0,1,2               | T1:0,1,2,5
       B | T1 T2    | T1:3 T2:0              | T1:3 T2:0,1,2,3
       C | T1 T2 T3 | T1:4,5 T2:1,2,3 T3:0,1,2,3 | T1:4 T3:0,1,2,3`,
    );
  });
  test('gives new partitions to who has fewest', () => {
    expectAssigned(
      assignUniform,
      'T1=6 T2=5 T3=3 T4=3',
      `A | T1 T3       | T1:0,1,2,3 T3:0,1   | T1:0,1,2,3,4,5 T3:0,1,2
       B | T1 T2 T3 T4 | T2:0,1,2 T4:0,1,2   | T2:0,1,2,3,4 T4:0,1,2`,
    );
  });
  test('makes room for a new member', () => {
    expectAssigned(
      assignUniform,
      'T1=6 T2=7',
      `A | T1    | T1:0,2 T2:0 | T1:0,2,3,4,5
       B | T1 T2 | T1:1 T2:1,2 | T1:1 T2:1,2,5
       C | T1 T2 | -           | T2:0,3,4,6`,
    );
  });
  test('gives what a member leaves to who wants it', () => {
    expectAssigned(
      assignUniform,
      'T1=3 T2=8 T3=3',
      `A | T1 T3 | T1:0,1,2 T3:0,1 | T1:0,1,2 T3:0,1,2
       B | T2    | T2:3,4,5,6      | T2:0,1,2,3,4,5,6,7`,
    );
  });
});

describe('range', () => {
  // RangeAssignorTest
  test('gives each a contiguous part of each topic', () => {
    expectAssigned(
      assignRange,
      'T1=3 T3=2',
      `A | T1 T3 | - | T1:0,1 T3:0
       B | T1 T3 | - | T1:2 T3:1`,
    );
  });
  test('deals each topic out among those that want it', () => {
    expectAssigned(
      assignRange,
      'T1=3 T2=3 T3=2',
      `A | T1 T2 | - | T1:0,1,2 T2:0,1
       B | T3    | - | T3:0
       C | T2 T3 | - | T2:2 T3:1`,
    );
  });
  test('gives nothing to the last when there are few', () => {
    expectAssigned(
      assignRange,
      'T1=3 T3=2',
      `A | T1 T3 | - | T1:0 T3:0
       B | T1 T3 | - | T1:1 T3:1
       C | T1 T3 | - | T1:2`,
    );
  });
  test('deals by instance id, static members first, then by member id', () => {
    expectAssigned(
      assignRange,
      'T1=4',
      `Z@2 | T1 | - | T1:1
       D   | T1 | - | T1:3
       B   | T1 | - | T1:2
       Y@1 | T1 | - | T1:0`,
    );
  });
  test('does not look at what was before', () => {
    expectAssigned(
      assignRange,
      'T1=2',
      `A | T1 | T1:1 | T1:0
       B | T1 | T1:0 | T1:1`,
    );
  });
});
