import type { WebSocket } from '@fastify/websocket';
import type { Timers } from '../../../../ports/timers.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { LiveEvent, LiveTail } from './live-tail.ts';

type Events = AsyncIterable<LiveEvent>;

/** Beyond so much, the next event waits until one has left. */
const UNSENT_BYTES = 64 * 1024;
/** RFC 6455, 7.4.1. */
const GOING_AWAY = 1001;
const NORMAL = 1000;
const INTERNAL_ERROR = 1011;

/**
 * Tells events as messages `{ "event", "id", "data" }`, until they end or the reader goes away. What the reader does not take is not
 * asked for. What it says is not heard.
 */
export async function sendMessages(
  socket: WebSocket,
  { tail, events, timers }: { tail: LiveTail; events: Events; timers: Timers },
): Promise<void> {
  let sent = 0;
  const stopHeartbeat = startHeartbeat(timers, {
    unsent: () => socket.bufferedAmount,
    sent: () => sent,
    beat: () => socket.ping(),
    stuck: () => socket.terminate(),
  });
  let last: LiveEvent['name'] = null;
  try {
    for await (const event of events) {
      last = event.name;
      const text = textOf(event);
      const leaving = new Promise<void>(resolve => {
        // Called when it has left, or cannot: a reader that is gone is told by the signal.
        socket.send(text, () => {
          sent += text.length;
          resolve();
        });
      });
      if (socket.bufferedAmount > UNSENT_BYTES) await untilOver(leaving, tail.signal);
    }
  } finally {
    stopHeartbeat();
  }
  if (tail.end === 'broker stops') socket.close(GOING_AWAY, 'the broker stops');
  else if (last === 'failure') socket.close(INTERNAL_ERROR, 'the reading failed');
  else socket.close(NORMAL);
}

function textOf({ name, id, data }: LiveEvent): string {
  return `{"event":"${name ?? 'record'}","id":"${id}","data":${data}}`;
}

async function untilOver(leaving: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let stop = (): void => {};
  const over = new Promise<void>(resolve => (stop = resolve));
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([leaving, over]);
  signal.removeEventListener('abort', stop);
}
