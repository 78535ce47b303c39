import { expect, test } from 'vitest';
import { NodeRandom } from '../../../src/adapters/runtime/node-random.ts';
import { NodeTimers } from '../../../src/adapters/runtime/node-timers.ts';
import { SystemClock } from '../../../src/adapters/runtime/system-clock.ts';

test('uuids are Kafka’s 22 characters, and differ', () => {
  const random = new NodeRandom();
  const uuids = Array.from({ length: 500 }, () => random.uuid());
  expect(new Set(uuids).size).toBe(500);
  for (const uuid of uuids) {
    expect(uuid).toMatch(/^[A-Za-z0-9_][\w-]{21}$/);
    expect(Buffer.from(uuid, 'base64url')[6]! >> 4).toBe(4);
  }
});

test('integers lie below their bound', () => {
  const random = new NodeRandom();
  const seen = new Set(Array.from({ length: 300 }, () => random.integer(3)));
  expect([...seen].sort()).toEqual([0, 1, 2]);
});

test('a timer runs once, unless it is cancelled', async () => {
  const timers = new NodeTimers();
  const cancel = timers.after(0, () => expect.unreachable('it was cancelled'));
  cancel();
  cancel();
  await new Promise<void>(resolve => timers.after(1, resolve));
});

test('the clock tells milliseconds since 1970', () => {
  const before = Date.now();
  const now = new SystemClock().now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});
