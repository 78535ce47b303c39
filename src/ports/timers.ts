/** Ends a timer; calling it again, or after the timer has run, does nothing. */
export type Cancel = () => void;

/** Time that passes. A simulator owns it in tests. */
export interface Timers {
  /** Runs `action` once, after `ms` milliseconds. */
  after(ms: number, action: () => void): Cancel;
}
