import { describe, expect, test } from 'vitest';
import { LineReader, type Line } from '../../../../src/adapters/transport/text/line-reader.ts';
import { SeededRandom, seedOfRun } from '../../../support/seeded-random.ts';

const shown = (line: Line): string => (typeof line === 'string' ? `<${line}>` : line.toString());

function linesOf(maxBytes: number, chunks: readonly Buffer[]): string[] {
  const reader = new LineReader(maxBytes);
  const lines = chunks.flatMap(chunk => [...reader.push(chunk)].map(shown));
  return [...lines, ...[...reader.end()].map(shown)];
}

describe('a line reader', () => {
  test('takes LF and CRLF, and a last line without either', () => {
    expect(linesOf(10, [Buffer.from('a\nb\r\n\nc\rd\r\ne\r')])).toEqual([
      'a',
      'b',
      '',
      'c\rd',
      'e',
    ]);
  });

  test('calls a line too long once, as soon as it is, and goes on after it', () => {
    const reader = new LineReader(4);
    const push = (text: string): string[] => [...reader.push(Buffer.from(text))].map(shown);
    expect(push('abcd\nab')).toEqual(['abcd']);
    expect(push('cde')).toEqual(['<too long>']);
    expect(push('f'.repeat(100))).toEqual([]);
    expect(push('ghi\nnext\n')).toEqual(['next']);
    expect(push('12345\n1234\r\n')).toEqual(['<too long>', '1234']);
    expect(push('123456')).toEqual(['<too long>']);
    expect([...reader.end()]).toEqual([]);
  });

  test('cuts the same lines however they come', () => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    for (let run = 0; run < 300; run++) {
      const bytes = Buffer.from(
        Array.from({ length: random.integer(60) }, () => random.pick([0x61, 0x62, 0x0a, 0x0d])),
      );
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + random.integer(7);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const parts = bytes.toString('latin1').split('\n');
      const expected = parts.at(-1) === '' ? parts.slice(0, -1) : parts;
      const why = `seed ${seed}, ${JSON.stringify(bytes.toString())}`;
      expect(linesOf(1000, chunks), why).toEqual(expected.map(line => line.replace(/\r$/, '')));
    }
  });
});
