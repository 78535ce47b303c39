import { describe, expect, test } from 'vitest';
import { Re2Regex } from '../../../src/adapters/runtime/re2-regex.ts';
import { textTable } from '../../support/text-table.ts';

function matches(expression: string, name: string): string {
  const compiled = new Re2Regex().compile(expression);
  if (compiled.kind === 'invalid') return 'invalid';
  return compiled.matches(name) ? 'yes' : 'no';
}

describe('an expression', () => {
  test.each(
    textTable(`
      orders           | orders      | yes
      orders           | orders-eu   | no
      orders           | my-orders   | no
      orders.*         | orders-eu   | yes
      (?i)ORDERS       | orders      | yes
      [a-c]{2,3}       | abc         | yes
      [a-c]{2,3}       | abcc        | no
      ^orders$         | orders      | yes
      \\p{L}+-\\d+     | stock-1     | yes
      (a+)+            | aaaaaaaaaab | no
      [                | a           | invalid
      (                | a           | invalid
      *                | a           | invalid
      a{2000}          | a           | invalid
      (?=a)a           | a           | invalid
      (a)\\1           | aa          | invalid
    `),
  )('%s matches the whole of %s: %s', (expression, name, outcome) => {
    expect(matches(expression, name)).toBe(outcome);
  });

  test('of alternatives matches the whole name too', () => {
    expect(['foo', 'bar', 'foobar', 'xbar'].map(name => matches('foo|bar', name))).toEqual([
      'yes',
      'yes',
      'no',
      'no',
    ]);
  });

  test.each(['x'.repeat(1_001), 'x{1000}'.repeat(20), '(.{0,31}){0,31}'])(
    'that causes too much work is invalid: %s',
    expression => {
      expect(new Re2Regex().compile(expression)).toEqual({
        kind: 'invalid',
        problem: 'it is too large',
      });
    },
  );

  test('says what is wrong with it', () => {
    expect(new Re2Regex().compile('orders[')).toEqual({
      kind: 'invalid',
      problem: expect.stringContaining('missing closing ]') as string,
    });
  });
});
