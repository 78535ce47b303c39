import { describe, expect, test } from 'vitest';
import { OffsetRanges } from '../../../src/domain/model/log/offset-ranges.ts';
import { seedOfRun, SeededRandom } from '../../support/seeded-random.ts';

describe('ranges of offsets', () => {
  test('hold all from some offset on, and nothing below', () => {
    const ranges = new OffsetRanges(100, 4);
    expect(ranges.allFrom).toBe(100);
    expect([ranges.endFrom(0), ranges.endFrom(99)]).toEqual([0, 99]);
    expect([ranges.endFrom(100), ranges.endFrom(1e15)]).toEqual([Infinity, Infinity]);
  });

  test('become one where they touch or overlap', () => {
    const ranges = new OffsetRanges(100, 10);
    ranges.add(10, 20);
    ranges.add(30, 40);
    expect([ranges.endFrom(9), ranges.endFrom(15), ranges.endFrom(20)]).toEqual([9, 20, 20]);
    ranges.add(20, 30);
    expect([ranges.endFrom(10), ranges.rangeCount]).toEqual([40, 2]);
    ranges.add(35, 100);
    expect([ranges.endFrom(10), ranges.rangeCount, ranges.allFrom]).toEqual([Infinity, 1, 10]);
  });

  test('forget the smallest when they are too many, and never the last', () => {
    const ranges = new OffsetRanges(100, 3);
    ranges.add(10, 20);
    ranges.add(30, 32);
    ranges.add(50, 60);
    expect(ranges.rangeCount).toBe(3);
    expect([10, 30, 50, 100].map(offset => ranges.endFrom(offset))).toEqual([20, 30, 60, Infinity]);
  });

  test('are the set of what was added', () => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    for (let run = 0; run < 100; run++) {
      const ranges = new OffsetRanges(60, 1000);
      const model = new Set<number>();
      for (let step = 0; step < 12; step++) {
        const from = random.integer(60);
        const to = from + random.integer(70 - from);
        ranges.add(from, to);
        for (let offset = from; offset < to; offset++) model.add(offset);
        for (let offset = 0; offset < 60; offset++) {
          let end = offset;
          while (end < 60 && model.has(end)) end++;
          const found = Math.min(ranges.endFrom(offset), 60);
          expect(found, `seed ${seed}, run ${run}, step ${step}, offset ${offset}`).toBe(end);
        }
      }
    }
  });
});
