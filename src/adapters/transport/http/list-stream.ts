import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

const PIECE_CHARS = 64 * 1024;

/**
 * The JSON text of `{ ...head, data: [...items] }`, made piece by piece as the client takes it, with a turn of the event loop for
 * everybody else after each. What making an item throws ends the answer in its middle.
 */
export function listStream(head: object, items: Iterable<object>): Readable {
  return Readable.from(pieces(head, items), { objectMode: false });
}

async function* pieces(head: object, items: Iterable<object>): AsyncGenerator<string> {
  let text = `${JSON.stringify(head).slice(0, -1)},"data":[`;
  let comma = '';
  for (const item of items) {
    text += comma + JSON.stringify(item);
    comma = ',';
    if (text.length < PIECE_CHARS) continue;
    yield text;
    text = '';
    await setImmediate();
  }
  yield `${text}]}`;
}
