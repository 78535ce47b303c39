import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';

interface Window {
  startMs: number;
  lines: number;
  suppressed: number;
}

const WINDOW_MS = 1000;

/**
 * Lets through so many lines a second of each message and counts the rest, so that a client that misbehaves a thousand times a second
 * fills no disk. The first line of a later second says how many were left out.
 */
export class RateLimitedLogger implements Logger {
  readonly #inner: Logger;
  readonly #clock: Clock;
  readonly #linesPerSecond: number;
  readonly #windows = new Map<string, Window>();

  constructor(inner: Logger, clock: Clock, linesPerSecond = 10) {
    this.#inner = inner;
    this.#clock = clock;
    this.#linesPerSecond = linesPerSecond;
  }

  info(facts: object, message: string): void {
    this.#limited(message, facts, all => this.#inner.info(all, message));
  }
  warn(facts: object, message: string): void {
    this.#limited(message, facts, all => this.#inner.warn(all, message));
  }
  error(facts: object, message: string): void {
    this.#limited(message, facts, all => this.#inner.error(all, message));
  }

  #limited(message: string, facts: object, write: (facts: object) => void): void {
    const window = this.#windowOf(message);
    if (window.lines >= this.#linesPerSecond) {
      window.suppressed++;
      return;
    }
    window.lines++;
    const { suppressed } = window;
    window.suppressed = 0;
    write(suppressed > 0 ? { ...facts, suppressed } : facts);
  }

  #windowOf(message: string): Window {
    const nowMs = this.#clock.now();
    let window = this.#windows.get(message);
    if (window === undefined) {
      this.#windows.set(message, (window = { startMs: nowMs, lines: 0, suppressed: 0 }));
    } else if (Math.abs(nowMs - window.startMs) >= WINDOW_MS) {
      window.startMs = nowMs;
      window.lines = 0;
    }
    return window;
  }
}
