import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getJson, messageOf } from '../api/request.ts';
import { poll, type Poll } from './poll.ts';

/** What was last heard from a path; nothing once it is not there any more. */
export interface Polled<T> {
  readonly value: T | null;
  /** Why there is nothing newer. */
  readonly error: string | null;
  readonly refresh: () => void;
}

/** Asks a path for as long as the component is there; another path begins anew. */
export function usePolled<T>(path: string, everyMs: number): Polled<T> {
  const [heard, hear] = useState<{ path: string; value: T | null; error: string | null }>({
    path,
    value: null,
    error: null,
  });
  const polling = useRef<Poll | null>(null);
  useEffect(() => {
    polling.current = poll(async signal => {
      try {
        const value = await getJson<T>(path, signal);
        if (!signal.aborted) hear({ path, value, error: null });
      } catch (error) {
        if (signal.aborted) return;
        const isGone = error instanceof ApiError && error.status === 404;
        hear(last => ({
          path,
          value: isGone || last.path !== path ? null : last.value,
          error: messageOf(error),
        }));
      }
    }, everyMs);
    return () => polling.current?.stop();
  }, [path, everyMs]);
  const isOfPath = heard.path === path;
  return {
    value: isOfPath ? heard.value : null,
    error: isOfPath ? heard.error : null,
    refresh: () => polling.current?.now(),
  };
}
