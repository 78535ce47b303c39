import { ERROR_CODES, NO_ERROR } from '../messages/error-codes.ts';

/**
 * Why a client's work failed: `unreachable` nobody listens there; `closed` the connection was lost; `timed-out` no answer came in
 * time; `protocol` the peer does not speak Kafka; `unsupported` the broker serves no version of an API that this client
 * speaks; `refused` the broker answered with an error, named in `errorName`.
 */
export type ClientErrorCode =
  'unreachable' | 'closed' | 'timed-out' | 'protocol' | 'unsupported' | 'refused';

/** The message is one line for people. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** Kafka's name, as in org.apache.kafka.common.protocol.Errors; null unless `refused`. */
  readonly errorName: string | null;

  constructor(code: ClientErrorCode, message: string, errorName: string | null = null) {
    super(message);
    this.name = 'ClientError';
    this.code = code;
    this.errorName = errorName;
  }
}

const NAMES = new Map<number, string>(
  Object.entries(ERROR_CODES).map(([name, code]) => [code, name]),
);

/** Kafka's name of an error code; other brokers may send one that Hexlog never does, which keeps its number. */
export function errorNameOf(code: number): string {
  return NAMES.get(code) ?? `ERROR_${code}`;
}

/** Throws `refused` unless the code says that all went well; `what` begins the sentence. */
export function expectSuccess(code: number, what: string, detail: string | null = null): void {
  if (code === NO_ERROR) return;
  const name = errorNameOf(code);
  const reason = detail === null || detail === '' ? '' : ` (${detail})`;
  throw new ClientError('refused', `${what}: ${name}${reason}`, name);
}
