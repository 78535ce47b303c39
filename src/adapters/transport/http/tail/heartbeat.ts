import type { Timers } from '../../../../ports/timers.ts';

/** Well below the minute after which proxies take a silent connection for dead. */
export const HEARTBEAT_MS = 15_000;
/** Five minutes in which nothing was taken. */
const STUCK_BEATS = 20;

/** What a heartbeat looks at, and does. */
export interface Beaten {
  /** Bytes that this reader has not taken. */
  unsent(): number;
  /** Bytes that were ever sent to it. */
  sent(): number;
  beat(): void;
  /** It takes nothing, and has not for long. */
  stuck(): void;
}

/** Shows a reader that the stream lives, while there is nothing else to show; gives what ends that. */
export function startHeartbeat(timers: Timers, beaten: Beaten): () => void {
  let [sent, stuck] = [beaten.sent(), 0];
  const next = (): void => {
    const before = sent;
    sent = beaten.sent();
    stuck = beaten.unsent() > 0 && sent === before ? stuck + 1 : 0;
    if (stuck >= STUCK_BEATS) return beaten.stuck();
    if (beaten.unsent() === 0) beaten.beat();
    cancel = timers.after(HEARTBEAT_MS, next);
  };
  let cancel = timers.after(HEARTBEAT_MS, next);
  return () => cancel();
}
