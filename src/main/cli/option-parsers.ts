import { InvalidArgumentError, Option } from 'commander';

/** For an option that can be repeated. */
export function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

/** For a repeated `key=value`; refuses what has no key. */
export function collectPair(
  text: string,
  before: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Allowed is key=value.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

/** For a whole number between two bounds. */
export function integerFrom(min: number, max: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Allowed is an integer from ${min} to ${max}.`);
  };
}

/** For a text that must not be empty. */
export function nonEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Allowed is at least one character.');
}

export type Format = 'json' | 'text';

/** `--format`, on every command that prints something. */
export function formatOption(): Option {
  return new Option('--format <format>', 'how to print').choices(['json', 'text']).default('text');
}

/** `--bootstrap`, on every command that is a client. */
export function bootstrapOption(): Option {
  return new Option('--bootstrap <host:port>', 'a broker to connect to; several with commas')
    .env('HEXLOG_BOOTSTRAP')
    .default('127.0.0.1:9092');
}
