import { StorageError } from '../../../ports/log-storage.ts';

/** Any error as the port's own; one of the database means that input or output failed. */
export function failedBy(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('failed', `${what}: ${reason}`, { cause: error });
}
