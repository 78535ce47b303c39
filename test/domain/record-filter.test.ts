import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/domain/model/error.ts';
import { JsonPath } from '../../src/domain/model/json-path.ts';
import type { RecordView } from '../../src/domain/model/log/records.ts';
import { RecordFilter, type RecordFilterParts } from '../../src/domain/model/record-filter.ts';

const NO_UTF8 = Buffer.from([0xff, 0xfe, 0x61]);

function record(given: Partial<RecordView>): RecordView {
  return { offset: 0, timestamp: 0, key: null, value: null, headers: [], ...given };
}

const valued = (value: unknown): RecordView =>
  record({ value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) });

const matches = (parts: RecordFilterParts, one: RecordView): boolean =>
  new RecordFilter(parts).matches(one);

describe('a record filter', () => {
  test('that asks for nothing matches everything, and says so', () => {
    expect(new RecordFilter({}).isEmpty).toBe(true);
    expect(matches({}, record({}))).toBe(true);
    expect(new RecordFilter({ key: '' }).isEmpty).toBe(false);
  });

  test.each<[string, RecordFilterParts, RecordView, boolean]>([
    ['the key', { key: 'a' }, record({ key: Buffer.from('a') }), true],
    ['a part of the key', { key: 'a' }, record({ key: Buffer.from('ab') }), false],
    ['no key', { key: 'a' }, record({}), false],
    ['no key for the empty one', { key: '' }, record({}), false],
    ['the empty key', { key: '' }, record({ key: Buffer.alloc(0) }), true],
    ['a key of more bytes than letters', { key: 'ä€' }, record({ key: Buffer.from('ä€') }), true],
    ['a key that holds it', { keyContains: 'b' }, record({ key: Buffer.from('abc') }), true],
    ['a key that does not', { keyContains: 'd' }, record({ key: Buffer.from('abc') }), false],
    ['no key to hold it', { keyContains: 'd' }, record({}), false],
    ['a value that holds it', { valueContains: 'é' }, valued('café!'), true],
    ['bytes that hold it', { valueContains: 'a' }, record({ value: NO_UTF8 }), true],
    ['a value that does not', { valueContains: 'b' }, record({ value: NO_UTF8 }), false],
    ['a tombstone', { valueContains: '' }, record({}), false],
  ])('by bytes: %s', (_, parts, one, expected) => {
    expect(matches(parts, one)).toBe(expected);
  });

  test('by a header, with its value or any', () => {
    const headers = [
      { key: 'trace', value: Buffer.from('1') },
      { key: 'trace', value: Buffer.from('2') },
      { key: 'none', value: null },
    ];
    const one = record({ headers });
    const has = (name: string, value: string | null): boolean =>
      matches({ header: { name, value } }, one);
    expect([has('trace', null), has('trace', '1'), has('trace', '2')]).toEqual([true, true, true]);
    expect([has('trace', '3'), has('Trace', null), has('none', '')]).toEqual([false, false, false]);
    expect(has('none', null)).toBe(true);
  });

  test('by what is there at a path, null included', () => {
    const there = (value: unknown): boolean => matches({ path: '$.a.b[1]' }, valued(value));
    expect([there({ a: { b: [0, 1] } }), there({ a: { b: [0, null] } })]).toEqual([true, true]);
    for (const value of [{ a: { b: [0] } }, { a: 1 }, [], 'no JSON', '', 'null']) {
      expect([value, there(value)]).toEqual([value, false]);
    }
    expect(matches({ path: '$' }, record({}))).toBe(false);
    expect(matches({ path: '$' }, record({ value: NO_UTF8 }))).toBe(false);
  });

  test.each<[literal: string, found: unknown, expected: boolean]>([
    ['5', 5, true],
    ['5', '5', true],
    ['"5"', '5', true],
    ['"5"', 5, false],
    ['5.0', 5, true],
    ['6', 5, false],
    ['true', true, true],
    ['true', 'true', true],
    ['false', null, false],
    ['null', null, true],
    ['paid', 'paid', true],
    ['paid', 'Paid', false],
    ['', '', true],
    ['{"a":1}', { a: 1 }, false],
    ['{"a":1}', '{"a":1}', true],
  ])('by what is equal: %s to %j', (pathEquals, found, expected) => {
    expect(matches({ path: '$.x', pathEquals }, valued({ x: found }))).toBe(expected);
  });

  test('by the very digits of a number that a double does not keep', () => {
    const one = valued('{"id":9007199254740993,"n":5,"s":"9007199254740993"}');
    const isAt = (path: string, pathEquals: string): boolean => matches({ path, pathEquals }, one);
    expect(isAt('$.id', '9007199254740993')).toBe(true);
    expect(isAt('$.s', '9007199254740993')).toBe(true);
    expect(isAt('$.n', '5')).toBe(true);
    expect(isAt('$.id', '9007199254740992')).toBe(false);
    const even = valued('{"id":9007199254740992}');
    expect(matches({ path: '$.id', pathEquals: '9007199254740993' }, even)).toBe(false);
    expect(matches({ path: '$.id', pathEquals: '9007199254740992' }, even)).toBe(true);
  });

  test('never takes what is not there for a literal', () => {
    expect(matches({ path: '$.y', pathEquals: 'undefined' }, valued({ x: 1 }))).toBe(false);
    expect(matches({ path: '$.y', pathEquals: 'no literal' }, valued({ x: 1 }))).toBe(false);
  });

  test('wants all of its parts', () => {
    const one = record({ key: Buffer.from('k'), value: Buffer.from('{"a":1}') });
    const parts: RecordFilterParts = { key: 'k', path: '$.a', pathEquals: '1' };
    expect(matches(parts, one)).toBe(true);
    expect(matches({ ...parts, key: 'l' }, one)).toBe(false);
    expect(matches({ ...parts, pathEquals: '2' }, one)).toBe(false);
    expect(matches({ ...parts, header: { name: 'h', value: null } }, one)).toBe(false);
  });

  test('refuses a value to be equal to without a path', () => {
    expect(() => new RecordFilter({ pathEquals: '1' })).toThrow(BrokerError);
  });
});

describe('a JSON path', () => {
  const document = { a: { 'b c': [{ d: 'x' }, 'last'] }, 'q"': 1, '': 2, é: 3 };

  test.each<[string, unknown]>([
    ['$', document],
    ['$.a', document.a],
    ['$.a["b c"][0].d', 'x'],
    ["$.a['b c'][-1]", 'last'],
    ['$["q\\""]', 1],
    ['$[""]', 2],
    ['$.é', 3],
    ['$["a"]["b c"][2]', undefined],
    ['$.a[0]', undefined],
    ['$.a["b c"].length', undefined],
    ['$.a["b c"]["0"]', undefined],
    ['$.a.d.e', undefined],
    ['$.constructor', undefined],
    ['$.__proto__', undefined],
  ])('%s', (path, expected) => {
    expect(JsonPath.parse(path).find(document)).toEqual(expected);
  });

  test.each([
    '',
    'a',
    '.a',
    '$a',
    '$.',
    '$..a',
    '$.a.',
    '$[a]',
    '$[0',
    '$[',
    '$["a]',
    '$.a b',
    '$.*',
    '$[*]',
    '$[1.5]',
  ])('is not %j', text => {
    expect(() => JsonPath.parse(text)).toThrow('is no JSON path');
  });

  test('is bounded', () => {
    const long = `$${'.a'.repeat(500)}`;
    expect(() => JsonPath.parse(long)).toThrow('is no JSON path');
    expect(JsonPath.parse(long.slice(0, 999)).find({})).toBeUndefined();
  });
});
