import type { ErrorName } from '../../../domain/model/error.ts';
import { BrokerError } from '../../../domain/model/error.ts';

/** An answer that tells why a request failed: Confluent's error codes are the HTTP status and two digits. */
export class HttpError extends Error {
  readonly status: number;
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.name = 'HttpError';
    this.errorCode = errorCode;
    this.status = errorCode >= 1000 ? Math.floor(errorCode / 100) : errorCode;
  }
}

/** Every error answer has this body. */
export interface ErrorBody {
  readonly error_code: number;
  readonly message: string;
}

/** The codes of Confluent's REST proxy (KafkaExceptionMapper): what it has no word for is the broker's fault. */
const BAD_REQUEST = 40002;
const NO_SUCH_TOPIC = 40403;
const KAFKA_ERROR = 50002;
const RETRIABLE = 50003;

const CODES: Partial<Record<ErrorName, number>> = {
  UNKNOWN_TOPIC_OR_PARTITION: NO_SUCH_TOPIC,
  UNKNOWN_TOPIC_ID: NO_SUCH_TOPIC,
  GROUP_ID_NOT_FOUND: 40401,
  TOPIC_AUTHORIZATION_FAILED: 40301,
  TOPIC_ALREADY_EXISTS: BAD_REQUEST,
  INVALID_TOPIC_EXCEPTION: BAD_REQUEST,
  INVALID_PARTITIONS: BAD_REQUEST,
  INVALID_REPLICATION_FACTOR: BAD_REQUEST,
  INVALID_REPLICA_ASSIGNMENT: BAD_REQUEST,
  INVALID_CONFIG: BAD_REQUEST,
  INVALID_REQUEST: BAD_REQUEST,
  INVALID_RECORD: BAD_REQUEST,
  INVALID_TIMESTAMP: BAD_REQUEST,
  INVALID_GROUP_ID: BAD_REQUEST,
  INVALID_REGULAR_EXPRESSION: BAD_REQUEST,
  INVALID_COMMIT_OFFSET_SIZE: BAD_REQUEST,
  OFFSET_OUT_OF_RANGE: BAD_REQUEST,
  POLICY_VIOLATION: BAD_REQUEST,
  UNSUPPORTED_COMPRESSION_TYPE: BAD_REQUEST,
  OFFSET_METADATA_TOO_LARGE: BAD_REQUEST,
  MESSAGE_TOO_LARGE: 41301,
  RECORD_LIST_TOO_LARGE: 41301,
  NON_EMPTY_GROUP: 40901,
  GROUP_SUBSCRIBED_TO_TOPIC: 40901,
  // A member that its group went on without, and a group that members of another kind have.
  UNKNOWN_MEMBER_ID: 40901,
  FENCED_MEMBER_EPOCH: 40901,
  STALE_MEMBER_EPOCH: 40901,
  ILLEGAL_GENERATION: 40901,
  REBALANCE_IN_PROGRESS: 40901,
  INCONSISTENT_GROUP_PROTOCOL: 40901,
  GROUP_MAX_SIZE_REACHED: 50301,
  COORDINATOR_LOAD_IN_PROGRESS: RETRIABLE,
  COORDINATOR_NOT_AVAILABLE: RETRIABLE,
  NOT_COORDINATOR: RETRIABLE,
  LEADER_NOT_AVAILABLE: RETRIABLE,
  REQUEST_TIMED_OUT: RETRIABLE,
};

/** The failure of a use case as an answer. */
export function httpErrorOf(code: ErrorName, message: string | null): HttpError {
  return new HttpError(CODES[code] ?? KAFKA_ERROR, message ?? code);
}

/** Throws what a use case returned, if it is an error. */
export function expectNoError(code: ErrorName | null, message: string | null): void {
  if (code !== null) throw httpErrorOf(code, message);
}

/** Whatever was thrown as an answer; null for what nobody foresaw. */
export function answerTo(error: unknown): HttpError | null {
  if (error instanceof HttpError) return error;
  if (error instanceof BrokerError) return httpErrorOf(error.code, error.message);
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return null;
  return new HttpError(status, (error as Error).message);
}
