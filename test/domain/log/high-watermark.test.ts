import { describe, expect, test } from 'vitest';
import { HighWatermark, type CommitRound } from '../../../src/domain/model/log/high-watermark.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

describe('the high watermark', () => {
  test('begins at the end of the log, with nothing under way', () => {
    const mark = new HighWatermark(7);
    expect([mark.value, mark.bytes, mark.settled]).toEqual([7, 0, true]);
  });

  test('moves when a commit is finished, and says so', () => {
    const mark = new HighWatermark(0);
    const round = mark.begin(3, 300);
    expect([mark.value, mark.settled]).toEqual([0, false]);
    expect(mark.finish(round)).toBe(true);
    expect([mark.value, mark.bytes, mark.settled]).toEqual([3, 300, true]);
  });

  test('waits for the oldest commit, whichever is finished first', () => {
    const mark = new HighWatermark(0);
    const [first, second, third] = [mark.begin(1, 10), mark.begin(2, 20), mark.begin(3, 30)];
    expect(mark.finish(third)).toBe(false);
    expect(mark.value).toBe(0);
    expect(mark.finish(first)).toBe(true);
    expect([mark.value, mark.bytes]).toEqual([1, 10]);
    expect(mark.finish(second)).toBe(true);
    expect([mark.value, mark.bytes, mark.settled]).toEqual([3, 30, true]);
  });

  test('counts what a round took in while it was under way', () => {
    const mark = new HighWatermark(0);
    const round = mark.begin(1, 10);
    round.endOffset = 5;
    round.bytes = 50;
    mark.finish(round);
    expect([mark.value, mark.bytes]).toEqual([5, 50]);
  });

  test('does not move for a commit of nothing new', () => {
    const mark = new HighWatermark(4);
    expect(mark.finish(mark.begin(4, 0))).toBe(false);
    expect(mark.value).toBe(4);
  });

  test('never passes a commit that is never finished', () => {
    const mark = new HighWatermark(0);
    mark.begin(1, 10);
    expect(mark.finish(mark.begin(2, 20))).toBe(false);
    expect([mark.value, mark.settled]).toEqual([0, false]);
  });

  test('is the end of the longest finished front, in whatever order commits finish', () => {
    const seed = seedOfRun();
    const random = new SeededRandom(seed);
    for (let run = 0; run < 200; run++) {
      const mark = new HighWatermark(0);
      const rounds: CommitRound[] = [];
      let offset = 0;
      while (rounds.length < 8) {
        offset += random.integer(3);
        rounds.push(mark.begin(offset, offset * 100));
      }
      const waiting = [...rounds];
      while (waiting.length > 0) {
        const [round] = waiting.splice(random.integer(waiting.length), 1);
        const before = mark.value;
        const moved = mark.finish(round!);
        const blocked = rounds.findIndex(({ finished }) => !finished);
        const front = blocked < 0 ? rounds.at(-1) : rounds[blocked - 1];
        expect([mark.value, mark.bytes], `seed ${seed}`).toEqual([
          front?.endOffset ?? 0,
          front?.bytes ?? 0,
        ]);
        expect(moved, `seed ${seed}`).toBe(mark.value > before);
      }
    }
  });
});
