import { expect, test } from 'vitest';
import { Slices } from '../../src/domain/use-cases/runtime/slices.ts';
import { quiet } from '../support/virtual-time.ts';

test('the first few go on at once, the others a few in a turn and in their order', async () => {
  let nowMs = 1;
  const turns: (() => void)[] = [];
  const after = (_: number, action: () => void) => {
    turns.push(action);
    return () => undefined;
  };
  const slices = new Slices({ now: () => nowMs }, { after });
  const gone: number[] = [];
  for (let at = 0; at < 20; at++) void slices.turn().then(() => gone.push(at));
  await quiet();
  const seen = [gone.length];
  for (let turn = turns.shift(); turn; turn = turns.shift()) {
    turn();
    await quiet();
    seen.push(gone.length);
  }
  expect(seen).toEqual([8, 16, 20]);
  expect(gone).toEqual(Array.from({ length: 20 }, (_, at) => at));

  nowMs += 1;
  void slices.turn().then(() => gone.push(20));
  await quiet();
  expect(gone).toHaveLength(21);
});
