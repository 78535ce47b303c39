import { describe, expect, test } from 'vitest';
import {
  recordJson,
  shownBytes,
  type Format,
} from '../../../../src/adapters/transport/http/record-json.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Buffer =>
  Buffer.from(text, encoding);

describe('bytes as JSON', () => {
  test.each<[Format, Buffer | null, string, unknown]>([
    ['auto', null, 'null', null],
    ['binary', null, 'null', null],
    ['auto', bytes(''), 'string', ''],
    ['auto', bytes('käse'), 'string', 'käse'],
    ['auto', bytes('{"a": [1]}'), 'json', { a: [1] }],
    ['auto', bytes('[1]'), 'json', [1]],
    ['auto', bytes('12'), 'json', 12],
    ['auto', bytes('null'), 'json', null],
    ['auto', bytes('"a"'), 'json', 'a'],
    ['auto', bytes('12345678901234567890'), 'string', '12345678901234567890'],
    ['auto', bytes('1e999'), 'string', '1e999'],
    ['auto', bytes('1.0'), 'string', '1.0'],
    ['auto', bytes('{"a":1.0}'), 'json', { a: 1 }],
    ['auto', bytes('[9007199254740993]'), 'string', '[9007199254740993]'],
    ['auto', bytes('["9007199254740993"]'), 'json', ['9007199254740993']],
    ['auto', bytes('{"a":'), 'string', '{"a":'],
    ['auto', bytes('a\xff', 'latin1'), 'binary', 'Yf8='],
    ['json', bytes('{}'), 'json', {}],
    ['json', bytes('text'), 'string', 'text'],
    ['string', bytes('{}'), 'string', '{}'],
    ['string', bytes('\xff', 'latin1'), 'binary', '/w=='],
    ['binary', bytes('{}'), 'binary', 'e30='],
  ])('%s of %j is %s', (format, given, type, data) => {
    expect(shownBytes(given, format)).toEqual({ type, data, size: given?.length ?? 0 });
  });

  test('are text where they are nested deeply, or large', () => {
    const nested = (depth: number): Buffer => bytes('['.repeat(depth) + ']'.repeat(depth));
    expect(shownBytes(nested(1000), 'auto').type).toBe('json');
    expect(shownBytes(nested(1001), 'auto').type).toBe('string');
    const large = (size: number): Buffer => bytes(`"${'x'.repeat(size - 2)}"`);
    expect(shownBytes(large(2 ** 20), 'json').type).toBe('json');
    expect(shownBytes(large(2 ** 20 + 1), 'json').type).toBe('string');
  });

  test('a record without a time, or with one beyond the calendar', () => {
    const record = { offset: 7, key: null, value: null, headers: [{ key: 'h', value: null }] };
    const iso = (timestamp: number): unknown =>
      recordJson(3, { ...record, timestamp }, 'auto').timestamp_iso;
    expect([iso(0), iso(-1), iso(Number.MAX_SAFE_INTEGER)]).toEqual([
      '1970-01-01T00:00:00.000Z',
      null,
      null,
    ]);
    expect(recordJson(3, { ...record, timestamp: -1 }, 'auto')).toMatchObject({
      ...{ partition: 3, offset: 7, timestamp: -1 },
      headers: [{ name: 'h', type: 'null', data: null, size: 0 }],
    });
  });
});
