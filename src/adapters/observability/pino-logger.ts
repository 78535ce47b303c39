import { pino } from 'pino';
import type { Logger } from '../../ports/logger.ts';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Log lines as JSON on stderr, written at once, so that the last words of a dying broker are not lost. */
export function pinoLogger(level: LogLevel): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
