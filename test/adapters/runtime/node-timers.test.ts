import { once } from 'node:events';
import { expect, test } from 'vitest';
import { NodeTimers } from '../../../src/adapters/runtime/node-timers.ts';

test('a delay that is longer than Node can wait does not run at once', async () => {
  const timers = new NodeTimers();
  const ran: string[] = [];
  const cancel = timers.after(2 ** 31, () => ran.push('long'));
  const short = new EventTarget();
  timers.after(10, () => short.dispatchEvent(new Event('ran')));
  await once(short, 'ran');
  cancel();
  expect(ran).toEqual([]);
});
