import type { Format } from './option-parsers.ts';

/** What every command is told that asks or changes something and prints the outcome. */
export interface ClientFlags {
  readonly bootstrap: string;
  readonly format: Format;
}

/** Prints the facts as JSON on one line, or the text for people, as `--format` says; an empty text is no line. */
export function print({ format }: Pick<ClientFlags, 'format'>, facts: unknown, text: string): void {
  const shown = format === 'json' ? JSON.stringify(facts) : text;
  if (shown !== '') process.stdout.write(`${shown}\n`);
}
