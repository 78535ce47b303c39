import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDeeperThan, losesDigits, withExactNumbers } from '../../src/domain/model/json-text.ts';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('the digits of a JSON text', () => {
  test.each([
    '9007199254740993',
    '-9007199254740993',
    '{"id":9007199254740993}',
    '{"a":"\\"","id":9007199254740993}',
    '[1e400]',
    '[-1E+400]',
    '[1e-400]',
    '12345678901234567.89',
    '9007199254740993.5',
    '9007199254740993e0',
    '0.12345678901234567890',
    `1${'0'.repeat(100_000)}1`,
  ])('are lost: %.40s', text => {
    expect(losesDigits(text)).toBe(true);
  });

  test.each([
    '9007199254740991',
    '9007199254740992',
    '1.50',
    '1e5',
    '1E300',
    '0e999',
    '-0.0',
    '0.1000000000000000',
    '0.10000000000000001',
    '12345678901234567000',
    '1.7976931348623157e308',
    '5e-324',
    '"9007199254740993"',
    '{"9007199254740993":"a\\\\\\"9007199254740993"}',
    '',
  ])('are kept: %s', text => {
    expect(losesDigits(text)).toBe(false);
  });

  test('of any double are kept, and those of any integer exactly when it is one', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, fc.bigInt({ min: 0n, max: 2n ** 70n }), (value, whole) => {
        for (const text of [JSON.stringify(value), value.toPrecision(17), value.toExponential()]) {
          expect(losesDigits(`{"x":[${text}]}`)).toBe(false);
        }
        // What is printed of it, or the very integer that it is.
        const isKept =
          BigInt(Number(whole)) === whole || BigInt(String(BigInt(Number(whole)))) === whole;
        if (whole < 10n ** 17n) expect(losesDigits(String(whole))).toBe(!isKept);
      }),
    );
  });

  test('that would be lost are strings, and nothing else is changed', () => {
    const text = '{"a":9007199254740993, "b":"1e999 9007199254740993", "c":[1.0,-1e400]}';
    expect(withExactNumbers(text)).toBe(
      '{"a":"9007199254740993", "b":"1e999 9007199254740993", "c":[1.0,"-1e400"]}',
    );
    expect(withExactNumbers('{"a":"9007199254740993"}')).toBe('{"a":"9007199254740993"}');
  });

  test('are looked for in long strings too', () => {
    const long = `["${'\\n'.repeat(5_000_000)}",9007199254740993]`;
    expect(losesDigits(long)).toBe(true);
  });
});

test('a JSON text is as deep as its arrays and objects, not as what its strings tell', () => {
  expect([isDeeperThan(10, nested(10)), isDeeperThan(10, nested(11))]).toEqual([false, true]);
  expect(isDeeperThan(3, '{"a":[{"b":[0,0,0,0]}]}')).toBe(true);
  expect(isDeeperThan(3, `["${'[\\"{'.repeat(20)}",[[],[],{},[[0]]]]`)).toBe(true);
  expect(isDeeperThan(3, `["${'[\\"{'.repeat(20)}",[[],[],{}]]`)).toBe(false);
});
