import { BrokerError, type ErrorName } from '../../model/error.ts';
import { StorageError, type StorageErrorCode } from '../../../ports/log-storage.ts';

/** What a client hears: `fenced` looks for another leader, `outcome-unknown` is tried again, the rest is the disk's fault. */
const NAMES: Record<StorageErrorCode, ErrorName> = {
  fenced: 'NOT_LEADER_OR_FOLLOWER',
  'outcome-unknown': 'REQUEST_TIMED_OUT',
  failed: 'KAFKA_STORAGE_ERROR',
  corrupt: 'KAFKA_STORAGE_ERROR',
  locked: 'KAFKA_STORAGE_ERROR',
  closed: 'NOT_LEADER_OR_FOLLOWER',
};

/** The error name for whatever a store, or a partition over it, threw; a programmer's error is passed on. */
export function storageErrorName(error: unknown): ErrorName {
  if (error instanceof StorageError) return NAMES[error.code];
  if (error instanceof BrokerError) return error.code;
  throw error;
}

/**
 * The same for whoever only reads: stored bytes that are damaged are CORRUPT_MESSAGE, with which a consumer stops and says what is
 * wrong (FetchCollector.handleInitializeErrors), while it tries again for ever, and says nothing, with KAFKA_STORAGE_ERROR.
 */
export function readErrorName(error: unknown): ErrorName {
  const isDamage = error instanceof StorageError && error.code === 'corrupt';
  return isDamage ? 'CORRUPT_MESSAGE' : storageErrorName(error);
}
