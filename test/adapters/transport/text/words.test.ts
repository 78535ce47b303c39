import { describe, expect, test } from 'vitest';
import { restOf, wordOf, Words, type Word } from '../../../../src/adapters/transport/text/words.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';

const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Buffer =>
  Buffer.from(text, encoding);

function wordsIn(line: string): (string | null)[] {
  const words = new Words(line);
  const found: (string | null)[] = [];
  while (!words.isAtEnd) found.push(words.next()?.toString('latin1') ?? null);
  return found;
}

describe('words', () => {
  test.each<[string, (string | null)[]]>([
    ['', []],
    [' \t', []],
    [' a \t b ', ['a', 'b']],
    ['"a b" c', ['a b', 'c']],
    ['"" "\\"\\\\"', ['', '"\\']],
    ['"\\n\\r\\t\\x00\\xfF"', ['\n\r\t\0\xff']],
    ['a"b \\n', ['a"b', '\\n']],
    ['- "-" --', [null, '-', '--']],
  ])('in %j', (line, expected) => {
    expect(wordsIn(line)).toEqual(expected);
  });

  test.each(['"a', '"a\\"', '"a"b', '"a" "b"c', '"\\y"', '"\\x1"', '"\\x1g"'])(
    'not in %j',
    line => {
      expect(() => wordsIn(line)).toThrow(/quote|escape/);
    },
  );

  test('end with the rest of the line, as it stands or in quotes', () => {
    const rest = (line: string): Word => {
      const words = new Words(line);
      words.next();
      return words.rest();
    };
    expect(rest('k a  "b" \\n ')).toEqual(bytes('a  "b" \\n '));
    expect(rest('k "a \\n" ')).toEqual(bytes('a \n'));
    expect(rest('k -')).toBeNull();
    expect(rest('k - ')).toEqual(bytes('- '));
    expect(() => rest('k "a" b')).toThrow('something follows');
  });

  test.each<[Word, string, string]>([
    [null, '-', '-'],
    [bytes('-'), '"-"', '"-"'],
    [bytes(''), '""', '""'],
    [bytes('a'), 'a', 'a'],
    [bytes('ä€😀'), 'ä€😀', 'ä€😀'],
    [bytes('a b'), '"a b"', 'a b'],
    [bytes('{"a": 1}'), '"{\\"a\\": 1}"', '{"a": 1}'],
    [bytes(' a'), '" a"', '" a"'],
    [bytes('a '), '"a "', '"a "'],
    [bytes('a\nb\x1b[31m'), '"a\\nb\\x1b[31m"', '"a\\nb\\x1b[31m"'],
    [bytes('\u0085\u2028'), '"\\xc2\\x85\\xe2\\x80\\xa8"', '"\\xc2\\x85\\xe2\\x80\\xa8"'],
    [bytes('a"\xff', 'latin1'), '"a\\"\\xff"', '"a\\"\\xff"'],
  ])('show %j', (word, asWord, asRest) => {
    expect([wordOf(word), restOf(word)]).toEqual([asWord, asRest]);
  });

  test('are read again as they were shown, whatever their bytes', () => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    const parts = ['a', ' ', '"', '\\', '-', '{', '\n', '\t', '\0', 'é', '\u2028', '😀', '\u00a0'];
    const some = (): Word => {
      if (random.integer(10) === 0) return null;
      const length = random.integer(5);
      if (random.integer(3) > 0) {
        return bytes(Array.from({ length }, () => random.pick(parts)).join(''));
      }
      return Buffer.from(Array.from({ length }, () => random.integer(256)));
    };
    for (let run = 0; run < 500; run++) {
      const [key, value] = [some(), some()];
      const line = `${wordOf(key)} ${restOf(value)}`;
      expect(line, `seed ${seed}`).not.toMatch(/[\n\r\0]/);
      const words = new Words(line);
      expect([words.next(), words.rest()], `seed ${seed}, ${line}`).toEqual([key, value]);
    }
  });
});
