import { describe, expect, test } from 'vitest';
import { Pace, StoppedError } from '../../src/domain/use-cases/runtime/pace.ts';
import { isAnswered, quiet, VirtualTime } from '../support/virtual-time.ts';

/** A pace whose clock is moved apart from the time that passes. */
class Rig {
  readonly time = new VirtualTime();
  nowMs = 1_000_000;
  bytesPerSecond = Infinity;
  readonly pace = new Pace({ now: () => this.nowMs }, this.time, () => this.bytesPerSecond);

  /** How long the next breath lasts; 0 when it is none. */
  async breathMs(): Promise<number> {
    const breath = this.pace.breathe();
    if (breath === undefined) return 0;
    let ms = 0;
    for (; !(await isAnswered(breath)); ms++) this.time.advance(1);
    return ms;
  }
}

describe('the event loop', () => {
  test('is left to others when the work has held it for four milliseconds', async () => {
    const rig = new Rig();
    rig.nowMs += 3;
    expect(await rig.breathMs()).toBe(0);
    rig.nowMs += 1;
    expect(await rig.breathMs()).toBe(4);
    expect(await rig.breathMs()).toBe(0);
  });

  test.each([-1, -3_600_000, 3_600_000])('is left once when the clock jumps by %d ms', async ms => {
    const rig = new Rig();
    rig.nowMs += ms;
    expect(await rig.breathMs()).toBe(4);
    rig.nowMs += 3;
    expect(await rig.breathMs()).toBe(0);
    rig.nowMs += 1;
    expect(await rig.breathMs()).toBe(4);
  });
});

describe('bytes', () => {
  test('are paid for with time, whatever the clock says', async () => {
    const rig = new Rig();
    rig.bytesPerSecond = 1000;
    rig.pace.spend(9);
    expect(await rig.breathMs()).toBe(0);
    rig.pace.spend(2491);
    rig.nowMs -= 3_600_000;
    expect(await rig.breathMs()).toBe(2500);
    expect(await rig.breathMs()).toBe(0);
  });

  test('cost what they do now: a new rate counts within a second', async () => {
    const rig = new Rig();
    rig.bytesPerSecond = 1;
    rig.pace.spend(100_000);
    const breath = Promise.resolve(rig.pace.breathe());
    rig.time.advance(500);
    rig.bytesPerSecond = Infinity;
    rig.time.advance(499);
    expect(await isAnswered(breath)).toBe(false);
    rig.time.advance(1);
    expect(await isAnswered(breath)).toBe(true);
  });
});

test('whoever stops it need not wait for it', async () => {
  const rig = new Rig();
  rig.bytesPerSecond = 1;
  rig.pace.spend(100_000);
  const breath = expect(rig.pace.breathe()).rejects.toThrow(StoppedError);
  rig.time.advance(1000);
  await quiet();
  rig.pace.stop();
  await breath;
  expect(rig.time.pending).toBe(0);
  expect(() => rig.pace.breathe()).toThrow(StoppedError);
});
