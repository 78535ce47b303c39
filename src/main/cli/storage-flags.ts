import type { CopyProgress, LeftOut } from '../../domain/use-cases/copy-logs.ts';
import type { Logger } from '../../ports/logger.ts';
import type { EngineOptions } from '../broker-options.ts';
import { loadConfig } from '../config.ts';
import type { CopyWatch } from '../storage/copy-store.ts';
import type { Format } from './option-parsers.ts';
import type { ProgressLine } from './progress-line.ts';

/** Which store, as for `hexlog serve`. */
export interface StoreFlags {
  readonly storage?: string;
  readonly dataDir?: string;
  readonly config?: string;
}

/** A command that shows what it found. */
export interface ShownFlags extends StoreFlags {
  readonly format: Format;
  readonly json: boolean;
}

export function formatOf({ format, json }: ShownFlags): Format {
  return json ? 'json' : format;
}

/** What `hexlog serve` would have with the same flags, environment and file. */
export function engineOptions({ storage, dataDir, config }: StoreFlags): EngineOptions {
  return loadConfig({ own: { storage, 'data.dir': dataDir }, set: [], config }, process.env);
}

/** What an engine has to say goes to people, a line each; to what is usual they need not listen. */
export const lineLogger: Logger = {
  info: () => undefined,
  warn: (facts, message) => say('warning', facts, message),
  error: (facts, message) => say('error', facts, message),
};

function say(level: string, facts: object, message: string): void {
  process.stderr.write(`hexlog: ${level}: ${message} ${JSON.stringify(facts)}\n`);
}

/** How a command watches a copy: a line of progress, and a line for whatever is left out, where it may be. */
export function watching(line: ProgressLine, leaveOutDamaged: boolean): CopyWatch {
  const progressed = ({ bytes, totalBytes }: CopyProgress): void => line.show(bytes, totalBytes);
  const { signal } = new AbortController();
  if (!leaveOutDamaged) return { progressed, signal };
  return { progressed, signal, leftOut: damage => line.interrupt(leftOutLine(damage)) };
}

export function leftOutLine({ topic, partition, offset, nextOffset, ...rest }: LeftOut): string {
  const offsets = `offsets ${offset} to ${nextOffset - 1}`;
  return `left out: ${topic}-${partition}, ${offsets} (${rest.place}): ${rest.reason}`;
}
