/** A setting that cannot be used. The message is one line that names it, its value, where it came from, and what is allowed. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** One setting as somebody gave it. */
export interface Given {
  readonly key: string;
  readonly text: string;
  /** For people: `flag --port`, `environment HEXLOG_PORT`, `file hexlog.yaml`. */
  readonly origin: string;
}

/** The line about a known setting with a value that it does not take. */
export function notAllowed({ key, text, origin }: Given, allowed: string): ConfigError {
  return new ConfigError(
    `${key} = ${JSON.stringify(text)} (${origin}) is wrong: allowed is ${allowed}`,
  );
}
