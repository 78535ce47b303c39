import type { DoorError } from '../door.ts';

/** Exit codes: 1 the work failed, 2 it was asked for in a wrong way. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** The command cannot be done as it was given; the message is one line for people. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The names of errors whose messages are for people; by name, so that no command loads what it does not use. */
const FOR_PEOPLE = new Set([
  'BrokerError',
  'ClientError',
  'CompressionError',
  'ControlError',
  'StorageError',
]);
const USAGE = new Set(['ConfigError', 'UsageError']);

interface SystemError extends Error, Partial<DoorError> {
  readonly code: string;
  readonly syscall: string;
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;
}

/** The one line that tells a user what went wrong, and the exit code. A mistake of ours keeps its stack, to be reported. */
export function explain(error: unknown): { readonly line: string; readonly code: number } {
  if (!(error instanceof Error)) return { line: String(error), code: EXIT.failed };
  if (USAGE.has(error.name)) return { line: oneLine(error.message), code: EXIT.usage };
  if (FOR_PEOPLE.has(error.name)) return { line: oneLine(error.message), code: EXIT.failed };
  if (isSystemError(error)) return { line: systemLine(error), code: EXIT.failed };
  return { line: `unexpected: ${error.stack ?? error.message}`, code: EXIT.failed };
}

function isSystemError(error: Error): error is SystemError {
  return 'code' in error && 'syscall' in error;
}

function systemLine(error: SystemError): string {
  if (error.syscall === 'listen' || error.syscall === 'getaddrinfo') return listenLine(error);
  const path = error.path === undefined ? '' : ` ${error.path}`;
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return `not permitted: ${error.syscall}${path} (${error.code})`;
  }
  return oneLine(`${error.syscall}${path} failed: ${error.message}`);
}

function listenLine({ code, address, port, message, portFlag }: SystemError): string {
  const flag = portFlag ?? '--port';
  const where = `${address ?? 'the host'}:${port ?? ''}`;
  if (code === 'EADDRINUSE') {
    return `${where} is taken by another program: stop it, or choose another port with ${flag}`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `not permitted to listen on ${where}: choose another port with ${flag}`;
  }
  return oneLine(`cannot listen: ${message}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
