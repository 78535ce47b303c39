import { describe, expect, test } from 'vitest';
import { UntimedMarks } from '../../../src/domain/model/log/untimed-marks.ts';

const MINUTE = 60_000;

describe('marks of batches without timestamps', () => {
  test('hold back what came too late', () => {
    const marks = new UntimedMarks();
    marks.observe(10, 11, 1000);
    marks.observe(20, 21, 1000 + 10 * MINUTE);
    expect(marks.limit(100, 1000)).toBe(10);
    expect(marks.limit(100, 1001)).toBe(20);
    expect(marks.limit(15, 1001)).toBe(15);
    expect(marks.limit(100, 1001 + 10 * MINUTE)).toBe(100);
  });

  test('are shared by what comes within a minute, and as young as the youngest', () => {
    const marks = new UntimedMarks();
    marks.observe(10, 11, 1000);
    marks.observe(11, 15, 2000);
    expect(marks.all).toEqual([{ startOffset: 10, endOffset: 15, atMs: 2000 }]);
  });

  test('begin anew every minute, however steadily such batches come', () => {
    const marks = new UntimedMarks();
    const cameAt = (offset: number): number => offset * 10_000;
    for (let offset = 0; offset < 60; offset++) marks.observe(offset, offset + 1, cameAt(offset));
    expect(marks.all.length).toBe(10);
    const limit = marks.limit(60, cameAt(30));
    expect(limit).toBeGreaterThan(30 - 6);
    expect(limit).toBeLessThanOrEqual(30);
  });

  test('do not grow older when the clock is put back', () => {
    const marks = new UntimedMarks();
    marks.observe(10, 11, 5000);
    marks.observe(11, 12, 3000);
    expect(marks.all).toEqual([{ startOffset: 10, endOffset: 12, atMs: 5000 }]);
    marks.restore([...marks.all, { startOffset: 20, endOffset: 21, atMs: 1 }]);
    for (let at = 0; at < 31; at++) marks.observe(30 + at, 31 + at, 10_000 + at * 2 * MINUTE);
    expect(marks.all[0]).toEqual({ startOffset: 10, endOffset: 21, atMs: 5000 });
  });

  test('stay few, and never call anything older than it is', () => {
    const marks = new UntimedMarks();
    const cameAt = (offset: number): number => offset * 2 * MINUTE;
    for (let offset = 0; offset < 1000; offset++) marks.observe(offset, offset + 1, cameAt(offset));
    expect(marks.all.length).toBeLessThanOrEqual(32);
    for (let offset = 0; offset < 1000; offset += 37) {
      expect(marks.limit(1000, cameAt(offset))).toBeLessThanOrEqual(offset);
    }
    expect(marks.limit(1000, cameAt(1000))).toBe(1000);
    expect(marks.limit(1000, cameAt(999))).toBeGreaterThan(900);
  });

  test('go with the front of the log', () => {
    const marks = new UntimedMarks();
    marks.observe(10, 11, 0);
    marks.observe(20, 25, 10 * MINUTE);
    marks.trimBefore(24);
    expect(marks.all.map(({ startOffset }) => startOffset)).toEqual([20]);
    marks.trimBefore(25);
    expect(marks.all).toEqual([]);
  });
});
