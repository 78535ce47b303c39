import type { Logger } from '../../src/ports/logger.ts';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly facts: Record<string, unknown>;
  readonly message: string;
}

/** Keeps log lines, so that a test can ask what was said. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];

  info(facts: object, message: string): void {
    this.#add('info', facts, message);
  }
  warn(facts: object, message: string): void {
    this.#add('warn', facts, message);
  }
  error(facts: object, message: string): void {
    this.#add('error', facts, message);
  }

  #add(level: LogLine['level'], facts: object, message: string): void {
    this.lines.push({ level, facts: { ...facts }, message });
  }
}
