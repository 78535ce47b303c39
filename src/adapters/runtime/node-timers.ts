import type { Cancel, Timers } from '../../ports/timers.ts';

/** Node takes a longer delay for one millisecond: whoever waits for more than 24 days is called then. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** The event loop's timers. */
export class NodeTimers implements Timers {
  after(ms: number, action: () => void): Cancel {
    const timer = setTimeout(action, Math.min(ms, DELAY_MAX_MS));
    return () => clearTimeout(timer);
  }
}
