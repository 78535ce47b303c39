import { BrokerError } from '../../model/error.ts';

/**
 * An answer that may take long, for as long as somebody is there to hear it: rejects with COORDINATOR_NOT_AVAILABLE when the client
 * is gone or the broker stops.
 */
export async function whileConnected<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const gone = new BrokerError('COORDINATOR_NOT_AVAILABLE', 'nobody waits any more');
  if (signal.aborted) throw gone;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(gone);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
