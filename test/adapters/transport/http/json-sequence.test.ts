import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HttpError } from '../../../../src/adapters/transport/http/http-errors.ts';
import { JsonSequence } from '../../../../src/adapters/transport/http/json-sequence.ts';

const MAX_BYTES = 1000;

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** The objects in pieces, and the status of the error that ended them. */
function taken(
  pieces: readonly (string | Buffer)[],
  maxBytes = MAX_BYTES,
): { objects: object[]; status: number | null } {
  const objects: object[] = [];
  const sequence = new JsonSequence(maxBytes);
  try {
    for (const piece of pieces) {
      for (const object of sequence.objectsIn(Buffer.from(piece))) objects.push(object);
    }
    sequence.end();
    return { objects, status: null };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { objects, status: error.status };
  }
}

const jsonObject = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 4 });
const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

test('any objects come out as they went in, wherever the pieces end', () => {
  const written = fc.array(fc.tuple(blank, jsonObject, fc.boolean()), { maxLength: 8 });
  const cuts = fc.array(fc.nat(2000), { maxLength: 20 });
  fc.assert(
    fc.property(written, cuts, (objects, places) => {
      const text = objects
        .map(([space, object, isWide]) => space + JSON.stringify(object, null, isWide ? 2 : 0))
        .join('');
      const bytes = Buffer.from(text);
      const ends = [...new Set(places.map(place => place % (bytes.length + 1)))].sort(
        (a, b) => a - b,
      );
      const pieces = [...ends, bytes.length].map((end, at) =>
        bytes.subarray(at === 0 ? 0 : ends[at - 1], end),
      );
      const { objects: found, status } = taken(pieces, 1_000_000);
      expect(status).toBeNull();
      // -0 is 0 in JSON.
      expect(found).toEqual(
        objects.map(([, object]) => JSON.parse(JSON.stringify(object)) as object),
      );
    }),
    { seed: 20_251, numRuns: 300 },
  );
});

test('each object comes out with the byte that ends it', () => {
  const sequence = new JsonSequence(MAX_BYTES);
  expect([...sequence.objectsIn(Buffer.from('{"a":1'))]).toEqual([]);
  expect([...sequence.objectsIn(Buffer.from('}'))]).toEqual([{ a: 1 }]);
  expect([...sequence.objectsIn(Buffer.from(' {"b":"}"}{'))]).toEqual([{ b: '}' }]);
});

test('what lies in the buffer of a socket is not kept', () => {
  const sequence = new JsonSequence(MAX_BYTES);
  const piece = Buffer.from('{"a":"be');
  expect([...sequence.objectsIn(piece)]).toEqual([]);
  piece.fill('!');
  expect([...sequence.objectsIn(Buffer.from('gin"}'))]).toEqual([{ a: 'begin' }]);
});

describe('refuses', () => {
  test.each([
    ['a list', '[{}]'],
    ['a number', '1'],
    ['a text', '"{}"'],
    ['what is no JSON', 'key=value'],
    ['a mark of the byte order', '\ufeff{}'],
    ['a comma between', '{},{}'],
    ['a bracket that does not fit', '{"a":]'],
    ['a bracket too many', '{}}'],
    ['an object that is none', '{a:1}'],
    ['a control character in a string', '{"a":"\n"}'],
  ])('%s', (_, text) => {
    expect(taken([text]).status).toBe(400);
  });

  test.each(['{', '{"a":"', '{"a":"\\', '{}{"a":[1,'])('the end in the middle: %s', text => {
    expect(taken([text]).status).toBe(400);
  });

  test('any garbage, with nothing but an HttpError', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map(array => Buffer.from(array));
    const brackets = fc.stringMatching(/^[{}[\]",:\\ a1]{0,40}$/).map(text => Buffer.from(text));
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, brackets), { maxLength: 6 }), pieces => {
        expect([null, 400, 413]).toContain(taken(pieces, 50).status);
      }),
      { seed: 20_252, numRuns: 500 },
    );
  });
});

test('small pieces of a large object take not much more than it', () => {
  const sequence = new JsonSequence(1_000_000);
  const collect = garbageCollector();
  const piece = Buffer.from('x');
  expect([...sequence.objectsIn(Buffer.from('{"a":"'))]).toEqual([]);
  collect();
  const before = process.memoryUsage();
  for (let at = 0; at < 200_000; at++) for (const _ of sequence.objectsIn(piece)) void _;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(5_000_000);
  expect([...sequence.objectsIn(Buffer.from('"}'))]).toEqual([{ a: 'x'.repeat(200_000) }]);
});

describe('bounds', () => {
  const long = (bytes: number): string => `{"a":"${'x'.repeat(bytes - 8)}"}`;

  test('one object, in one piece and in many', () => {
    expect(taken([long(MAX_BYTES)])).toMatchObject({ status: null });
    expect(taken([long(MAX_BYTES + 1)])).toMatchObject({ status: 413, objects: [] });
    expect(taken([...long(MAX_BYTES)])).toMatchObject({ status: null });
    expect(taken([...long(MAX_BYTES + 1)]).status).toBe(413);
  });

  test('an object that never ends, as soon as it is too long', () => {
    const sequence = new JsonSequence(MAX_BYTES);
    const piece = Buffer.from('{"a":"'.padEnd(MAX_BYTES + 1, 'x'));
    expect(() => [...sequence.objectsIn(piece)]).toThrow('more than 1000 bytes');
  });

  test('not the objects together', () => {
    const many = Array.from({ length: 50 }, () => long(900));
    expect(taken([many.join('')]).objects).toHaveLength(50);
    expect(taken(many).objects).toHaveLength(50);
  });

  test('blanks cost nothing', () => {
    expect(taken([' '.repeat(10 * MAX_BYTES), '{}'])).toEqual({ objects: [{}], status: null });
  });

  test('the depth, which parsers and printers cannot follow', () => {
    const nested = (depth: number): string =>
      `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(taken([nested(1000)], 100_000).status).toBeNull();
    expect(taken([nested(1001)], 100_000).status).toBe(400);
  });
});
