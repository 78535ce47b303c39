import { expect, test } from 'vitest';
import { RateLimitedLogger } from '../../../src/adapters/observability/rate-limited-logger.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

function rig(linesPerSecond: number) {
  const inner = new RecordingLogger();
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  const logger = new RateLimitedLogger(inner, clock, linesPerSecond);
  const times = (count: number, message: string): void => {
    for (let i = 0; i < count; i++) logger.warn({ i }, message);
  };
  return { inner, clock, logger, times };
}

test('so many lines of each message in a second, and no more', () => {
  const { inner, times } = rig(3);
  times(1000, 'a');
  times(2, 'b');
  expect(inner.lines.map(line => line.message)).toEqual(['a', 'a', 'a', 'b', 'b']);
  expect(inner.lines[2]).toEqual({ level: 'warn', facts: { i: 2 }, message: 'a' });
});

test('the first line of a later second says how many were left out, once', () => {
  const { inner, clock, times } = rig(2);
  times(10, 'a');
  clock.nowMs += 999;
  times(1, 'a');
  expect(inner.lines).toHaveLength(2);
  clock.nowMs += 1;
  times(2, 'a');
  expect(inner.lines.slice(2).map(line => line.facts)).toEqual([{ i: 0, suppressed: 9 }, { i: 1 }]);
});

test('a clock that was set back does not silence anybody', () => {
  const { inner, clock, times } = rig(1);
  times(1, 'a');
  clock.nowMs -= 3_600_000;
  times(1, 'a');
  expect(inner.lines).toHaveLength(2);
});

test('levels are kept', () => {
  const { inner, logger } = rig(5);
  logger.info({ a: 1 }, 'i');
  logger.warn({}, 'w');
  logger.error({}, 'e');
  expect(inner.lines.map(({ level, message }) => level[0] === message)).toEqual([true, true, true]);
});
