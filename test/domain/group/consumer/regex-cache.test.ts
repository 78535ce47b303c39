import { expect, test } from 'vitest';
import { regexCache } from '../../../../src/domain/model/group/consumer/regex-cache.ts';

/** Expressions that match the names they begin; `?` is none. */
function counted() {
  const calls: string[] = [];
  const compile = regexCache(expression => {
    calls.push(`compile ${expression}`);
    if (expression === '?') return { kind: 'invalid', problem: 'it asks' };
    const matches = (name: string): boolean => {
      calls.push(`match ${expression} ${name}`);
      return name.startsWith(expression);
    };
    return { kind: 'compiled', matches };
  });
  const matches = (expression: string, name: string): boolean | null => {
    const regex = compile(expression);
    return regex.kind === 'compiled' ? regex.matches(name) : null;
  };
  return { calls, matches };
}

test('an expression is compiled once, and each name looked at once', () => {
  const { calls, matches } = counted();
  expect([matches('a', 'ab'), matches('a', 'ba'), matches('a', 'ab')]).toEqual([true, false, true]);
  expect([matches('?', 'a'), matches('?', 'a'), matches('a', 'ba')]).toEqual([null, null, false]);
  expect(calls).toEqual(['compile a', 'match a ab', 'match a ba', 'compile ?']);
});

test('what was not asked for the longest time is forgotten', () => {
  const { calls, matches } = counted();
  for (let at = 0; at < 100; at++) matches(`x${at}`, 'a');
  matches('x0', 'a');
  matches('y', 'a');
  const before = calls.length;
  matches('x0', 'a');
  expect(calls).toHaveLength(before);
  matches('x1', 'a');
  expect(calls.slice(before)).toEqual(['compile x1', 'match x1 a']);
});
