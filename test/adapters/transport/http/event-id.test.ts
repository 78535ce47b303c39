import { describe, expect, test } from 'vitest';
import { EventIds, resumePoint } from '../../../../src/adapters/transport/http/tail/event-id.ts';

const positions = (...next: number[]): Map<number, number> => new Map(next.entries());

describe('the ids of events', () => {
  test('are partition and offset where there is one partition', () => {
    const ids = new EventIds(positions(5));
    expect([ids.of(0, 5), ids.of(0, 9), ids.at(positions(12))]).toEqual(['0-5', '0-9', '0-11']);
  });

  test('name the others that were read, as they went on meanwhile', () => {
    const ids = new EventIds(positions(5, 0, 3));
    expect(ids.of(1, 0)).toBe('1-0,0-4,2-2');
    expect(ids.of(1, 1)).toBe('1-1,0-4,2-2');
    expect(ids.of(2, 3)).toBe('2-3,0-4,1-1');
    expect(ids.of(1, 2)).toBe('1-2,0-4,2-3');
    expect(ids.of(3, 0)).toBe('3-0,0-4,1-2,2-3');
    expect(new EventIds(positions(0, 0)).at(positions(0, 0))).toBe('');
  });

  test('name no others where there are too many', () => {
    const many = positions(...Array.from({ length: 65 }, () => 1));
    const ids = new EventIds(many);
    expect([ids.of(64, 7), ids.at(many)]).toEqual(['64-7,*', '']);
    expect(resumePoint('64-7,*')).toEqual({ offsets: new Map([[64, 8]]), isComplete: false });
  });

  test('say where to go on', () => {
    const offsets = new Map([
      [1, 1],
      [0, 5],
    ]);
    expect(resumePoint('1-0,0-4')).toEqual({ offsets, isComplete: true });
  });

  test.each(['', '*', '1', '1-', '-1', '1-2-3', '1-2,', 'a-1', '1-9999999999999999', '0--1', ',*'])(
    'are not %j',
    id => {
      const point = resumePoint(id);
      expect(id === '*' ? point?.offsets.size : point).toBe(id === '*' ? 0 : null);
    },
  );
});
