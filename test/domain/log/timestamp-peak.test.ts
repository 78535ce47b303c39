import { describe, expect, test } from 'vitest';
import { TimestampPeak } from '../../../src/domain/model/log/timestamp-peak.ts';
import { batchOf } from '../../support/batches.ts';

function peakAfter(...maxTimestamps: number[]): TimestampPeak {
  const peak = new TimestampPeak();
  maxTimestamps.forEach((maxTimestamp, baseOffset) =>
    peak.observe(batchOf({ baseOffset, maxTimestamp })),
  );
  return peak;
}

describe('the highest timestamp of a log', () => {
  test('is none in an empty log, and in one without timestamps', () => {
    for (const peak of [peakAfter(), peakAfter(-1, -1)]) {
      expect([peak.timestamp, peak.baseOffset]).toEqual([-1, -1]);
    }
  });

  test('stays with the first batch that has it', () => {
    const peak = peakAfter(5, 9, 7, 9);
    expect([peak.timestamp, peak.baseOffset]).toEqual([9, 1]);
  });

  test('goes on from where it was restored', () => {
    const peak = new TimestampPeak();
    peak.restore(50, 3);
    peak.observe(batchOf({ baseOffset: 4, maxTimestamp: 50 }));
    expect([peak.timestamp, peak.baseOffset]).toEqual([50, 3]);
    peak.observe(batchOf({ baseOffset: 5, maxTimestamp: 51 }));
    expect([peak.timestamp, peak.baseOffset]).toEqual([51, 5]);
  });
});
