import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listStream } from '../../../../src/adapters/transport/http/list-stream.ts';

const HEAD = { kind: 'List', metadata: { next: null } };

test.each([0, 1, 10_000])('a list of %i items is one JSON text', async count => {
  const items = Array.from({ length: count }, (_, at) => ({ at, name: `"${at}"` }));
  expect(JSON.parse(await text(listStream(HEAD, items)))).toEqual({ ...HEAD, data: items });
});

test('items are made as they are taken, and none more when the client is gone', async () => {
  let made = 0;
  function* endless(): Generator<object> {
    for (;;) yield { at: made++, filler: 'x'.repeat(1000) };
  }
  const stream = listStream(HEAD, endless());
  for await (const piece of stream) {
    expect(piece).toBeDefined();
    break;
  }
  expect(stream.destroyed).toBe(true);
  // A piece that is under way is made to its end.
  await setImmediate();
  await setImmediate();
  const before = made;
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  expect(made).toBe(before);
  expect(made).toBeLessThan(1000);
});
