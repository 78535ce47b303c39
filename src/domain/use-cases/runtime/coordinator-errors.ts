import { BrokerError, type ErrorName } from '../../model/error.ts';
import { StorageError } from '../../../ports/log-storage.ts';
import { storageErrorName } from './storage-errors.ts';

/** What a coordinator's client hears when the log under the coordinator fails (CoordinatorOperationExceptionHelper). */
const NAMES: Partial<Record<ErrorName, ErrorName>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  COORDINATOR_NOT_AVAILABLE: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
};

/**
 * The error for whoever waits, whatever was thrown: a programmer's error is the server's. So is damage, which no other broker and no
 * patience mends: clients give up with UNKNOWN_SERVER_ERROR, while they look for a coordinator for ever with Kafka's NOT_COORDINATOR.
 */
export function coordinatorError(error: unknown): BrokerError {
  const isDamage = error instanceof StorageError && error.code === 'corrupt';
  const isKnown = !isDamage && (error instanceof BrokerError || error instanceof StorageError);
  const name = isKnown ? NAMES[storageErrorName(error)] : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new BrokerError(name ?? 'UNKNOWN_SERVER_ERROR', message);
}
