import { BrokerError, type ErrorName } from './error.ts';

/** How one item of a request came out; the message is for people. */
export interface Outcome {
  readonly error: ErrorName | null;
  readonly message: string | null;
}

export const SUCCESS: Outcome = { error: null, message: null };

/** An item that was not done. */
export function refused(error: ErrorName, message: string): Outcome {
  return { error, message };
}

/** Works out one item; a BrokerError is that item's outcome, and no other item's. */
export function attempt<T>(work: () => T, otherwise: (outcome: Outcome) => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BrokerError) return otherwise(refused(error.code, error.message));
    throw error;
  }
}

/** What occurs more than once. */
export function duplicatesIn<T>(items: Iterable<T>): Set<T> {
  const seen = new Set<T>();
  const twice = new Set<T>();
  for (const item of items) {
    if (seen.has(item)) twice.add(item);
    seen.add(item);
  }
  return twice;
}
