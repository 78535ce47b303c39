import { describe, expect, test } from 'vitest';
import {
  cleaningNeed,
  dirtyRatio,
  firstDirtyOffset,
} from '../../../../src/domain/model/log/compaction/cleaning-need.ts';
import { DirtyBytes } from '../../../../src/domain/model/log/compaction/dirty-bytes.ts';
import { textTable } from '../../../support/text-table.ts';

describe('how dirty a log is', () => {
  const table = textTable(`
    # start | end | size | cleaned to | dirty | active at | active bytes | cleanable to | ratio
    0   | 100 | 1000 | 0   | 1000 | 80  | 200  | 80  | 1     | never compacted
    0   | 100 | 1000 | 40  | 600  | 80  | 200  | 80  | 0.5   | as much clean as dirty
    0   | 100 | 1000 | 80  | 200  | 80  | 200  | 80  | 0     | only the newest segment is left
    0   | 100 | 1000 | 40  | 600  | 80  | 200  | 40  | 0     | all is too young
    0   | 100 | 1000 | 40  | 600  | 80  | 200  | 60  | 0.333 | half of it is too young
    50  | 100 | 500  | 40  | 600  | 80  | 200  | 80  | 1     | trimmed beyond what was clean
    0   | 100 | 1000 | 200 | 0    | 80  | 200  | 80  | 1     | compacted beyond its end
    0   | 100 | 300  | 40  | 600  | 80  | 200  | 80  | 1     | less there than was counted
    0   | 0   | 0    | 0   | 0    | 0   | 0    | 0   | 0     | empty
    0   | 10  | 100  | 0   | 100  | 0   | 100  | 0   | 0     | one segment
  `).slice(1);
  test.each(table)('%s to %s, %s bytes, clean to %s', (...row) => {
    const [
      startOffset,
      endOffset,
      sizeInBytes,
      cleanedTo,
      dirtyBytes,
      activeOffset,
      activeBytes,
      cleanableTo,
      ratio,
    ] = row.map(Number) as [number, number, number, number, number, number, number, number, number];
    const dirty = { cleanedTo, dirtyBytes, activeOffset, activeBytes };
    const log = {
      startOffset,
      endOffset,
      sizeInBytes,
      cleanableTo,
      dirty,
      firstDirtyTimestamp: -1,
    };
    expect(dirtyRatio(log)).toBeCloseTo(ratio, 3);
  });
});

describe('the need to compact', () => {
  const dirty = { cleanedTo: 40, dirtyBytes: 600, activeOffset: 80, activeBytes: 200 };
  const log = { startOffset: 0, endOffset: 100, sizeInBytes: 1000, cleanableTo: 80, dirty };
  const rules = { minCleanableDirtyRatio: 0.5, maxCompactionLagMs: 1000, nowMs: 10_000 };
  const needOf = (firstDirtyTimestamp: number, given: Partial<typeof rules> = {}): number | null =>
    cleaningNeed({ ...log, firstDirtyTimestamp }, { ...rules, ...given });

  test('is the ratio when that is above the least', () => {
    expect(needOf(-1)).toBeNull();
    expect(needOf(-1, { minCleanableDirtyRatio: 0.49 })).toBeCloseTo(0.5);
  });

  test('is there when the oldest dirty record has waited for too long', () => {
    expect(needOf(9000)).toBeNull();
    expect(needOf(8999)).toBeCloseTo(0.5);
    expect(needOf(0)).toBeNull();
  });

  test('is never there when nothing can be compacted', () => {
    const clean = { ...log, cleanableTo: 40, firstDirtyTimestamp: 1 };
    expect(cleaningNeed(clean, { ...rules, minCleanableDirtyRatio: 0 })).toBeNull();
  });

  test('begins where compaction ended, if that is within the log', () => {
    expect(firstDirtyOffset({ startOffset: 0, endOffset: 100 }, dirty)).toBe(40);
    expect(firstDirtyOffset({ startOffset: 50, endOffset: 100 }, dirty)).toBe(50);
    expect(firstDirtyOffset({ startOffset: 0, endOffset: 39 }, dirty)).toBe(0);
  });
});

describe('the count of dirty bytes', () => {
  test('follows appends, rolls and compactions', () => {
    const bytes = new DirtyBytes();
    bytes.observe(0, 10, 0);
    bytes.observe(1, 20, 0);
    expect(bytes.facts).toMatchObject({ dirtyBytes: 30, activeBytes: 30, activeOffset: 0 });
    bytes.observe(2, 40, 2);
    bytes.observe(3, 80, 2);
    expect(bytes.facts).toMatchObject({ dirtyBytes: 150, activeBytes: 120, activeOffset: 2 });
    bytes.clean(2, 120);
    expect(bytes.facts).toEqual({
      cleanedTo: 2,
      dirtyBytes: 120,
      activeBytes: 120,
      activeOffset: 2,
    });
  });

  test('forgets at a compaction what was trimmed before it', () => {
    const bytes = new DirtyBytes();
    for (const offset of [0, 1, 2]) bytes.observe(offset, 50, 2);
    bytes.clean(2, 50);
    expect(bytes.facts.dirtyBytes).toBe(50);
    bytes.clean(3, -1);
    expect(bytes.facts.dirtyBytes).toBe(0);
  });

  test('does not take what a replay meets for the newest segment', () => {
    const bytes = new DirtyBytes();
    bytes.observe(0, 10, 5);
    bytes.observe(5, 20, 5);
    expect(bytes.facts).toMatchObject({ dirtyBytes: 30, activeBytes: 20, activeOffset: 5 });
  });

  test('comes back as it was', () => {
    const facts = { cleanedTo: 2, dirtyBytes: 120, activeBytes: 70, activeOffset: 4 };
    const bytes = new DirtyBytes();
    bytes.restore(facts);
    expect(bytes.facts).toEqual(facts);
  });
});
