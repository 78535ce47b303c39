import type { FastifyReply } from 'fastify';

/** A signal for what an answer waits for: aborted when the answer is over or its client gone, and with the other one. */
export function heardUntil({ raw }: FastifyReply, other: AbortSignal): AbortSignal {
  const over = new AbortController();
  const end = (): void => {
    // The other one may outlive a million answers.
    other.removeEventListener('abort', end);
    over.abort();
  };
  if (other.aborted || raw.destroyed) over.abort();
  other.addEventListener('abort', end, { once: true });
  raw.once('close', end);
  return over.signal;
}

/** Sends an answer, and tells whether the system took all of it before the client was gone. */
export async function deliver({ raw }: FastifyReply, send: () => unknown): Promise<boolean> {
  if (raw.destroyed) return false;
  const closed = new Promise<void>(resolve => raw.once('close', () => resolve()));
  send();
  await closed;
  return raw.writableFinished;
}
