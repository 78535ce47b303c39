import type { Cancel, Timers } from '../../ports/timers.ts';

/** The event loop's timers. */
export class NodeTimers implements Timers {
  after(ms: number, action: () => void): Cancel {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  }
}
