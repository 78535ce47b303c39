import type { Timers } from '../../src/ports/timers.ts';

/** Timers that run as soon as nothing else does: for work that only makes way, whatever the time. */
export const TIMERS_AT_ONCE: Timers = {
  after: (_, action) => {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  },
};
