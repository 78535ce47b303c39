import type { ServerResponse } from 'node:http';
import type { Timers } from '../../../../ports/timers.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { LiveEvent, LiveTail } from './live-tail.ts';

type Events = AsyncIterable<LiveEvent>;

/** What is told in one go leaves in pieces of about this size. */
const PIECE_BYTES = 16 * 1024;
const RETRY = 'retry: 2000\n\n';

/**
 * Tells events as server-sent events (WHATWG HTML, 9.2) until they end or the reader goes away. What the reader does not take is not
 * asked for: no more than a piece waits for it.
 */
export async function sendEventStream(
  response: ServerResponse,
  { tail, events, timers }: { tail: LiveTail; events: Events; timers: Timers },
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // The end of the stream is the end of the connection, or a stop of the broker would wait for it.
    connection: 'close',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  const pieces = new Pieces(response, tail.signal);
  const stopHeartbeat = startHeartbeat(timers, {
    unsent: () => response.writableLength,
    sent: () => response.socket?.bytesWritten ?? 0,
    beat: () => response.write(': heartbeat\n\n'),
    stuck: () => response.destroy(),
  });
  try {
    pieces.add(RETRY);
    for await (const event of events) {
      pieces.add(textOf(event));
      if (pieces.length >= PIECE_BYTES) await pieces.send();
    }
  } finally {
    pieces.flush();
    stopHeartbeat();
    response.end();
  }
}

/** JSON has no line breaks outside of its strings, and none within. */
function textOf({ name, id, data }: LiveEvent): string {
  const event = name === null ? '' : `event: ${name}\n`;
  const mark = id === '' ? '' : `id: ${id}\n`;
  return `${event}${mark}data: ${data}\n\n`;
}

/** Gathers what is said in one turn. */
class Pieces {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  #text = '';

  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  get length(): number {
    return this.#text.length;
  }

  add(text: string): void {
    if (this.#text === '') setImmediate(() => this.flush());
    this.#text += text;
  }

  /** Whether the reader takes more. */
  flush(): boolean {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && this.#response.writable) this.#response.write(text);
    return !this.#response.writableNeedDrain;
  }

  /** Resolves when the reader has taken it, or is gone. */
  async send(): Promise<void> {
    if (this.flush()) return;
    while (this.#response.writableNeedDrain && !this.#signal.aborted) await this.#drained();
  }

  #drained(): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        this.#response.off('drain', done);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }
}
