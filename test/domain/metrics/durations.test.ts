import { describe, expect, test } from 'vitest';
import { DURATION_BOUNDS_MS, Durations } from '../../../src/domain/model/metrics/durations.ts';

describe('durations', () => {
  test('have bounds that ascend, from ten microseconds to more than a minute', () => {
    expect(DURATION_BOUNDS_MS[0]).toBe(0.01);
    expect(DURATION_BOUNDS_MS.at(-1)).toBe(70_000);
    expect([...DURATION_BOUNDS_MS].sort((a, b) => a - b)).toEqual(DURATION_BOUNDS_MS);
  });

  test('are counted up to the bound that they do not exceed', () => {
    const durations = new Durations();
    for (const ms of [1, 1.01, 1.5, 1_000_000]) durations.observe(ms);
    const upTo = (ms: number): number | undefined =>
      durations.cumulative()[DURATION_BOUNDS_MS.indexOf(ms)];
    expect([upTo(0.7), upTo(1), upTo(1.5), upTo(70_000)]).toEqual([0, 1, 3, 3]);
    expect(durations.count).toBe(4);
    expect(durations.sumMs).toBeCloseTo(1_000_003.51);
  });

  test('tell quantiles within the bucket that they fall into', () => {
    const durations = new Durations();
    expect(durations.quantile(0.5)).toBeNull();
    for (let ms = 0.5; ms < 100; ms++) durations.observe(ms);
    expect(durations.quantile(0.5)).toBeCloseTo(50, 0);
    expect(durations.quantile(0.99)).toBeGreaterThan(98);
    expect(durations.quantile(0.99)).toBeLessThanOrEqual(100);
    expect(durations.quantile(0)).toBeLessThanOrEqual(0.5);
  });

  test('longer than all bounds are told as the longest bound', () => {
    const durations = new Durations();
    durations.observe(1e9);
    expect(durations.quantile(0.5)).toBe(70_000);
  });

  test('of the period before the last are forgotten by quantiles, and by nothing else', () => {
    const durations = new Durations();
    durations.observe(40_000);
    durations.turn();
    durations.observe(0.9);
    expect(durations.quantile(0.99)).toBeGreaterThan(10_000);
    durations.turn();
    expect(durations.quantile(0.99)).toBeLessThanOrEqual(1);
    durations.turn();
    expect(durations.quantile(0.99)).toBeNull();
    expect(durations.count).toBe(2);
  });
});
