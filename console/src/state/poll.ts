/** A task that is repeated while somebody can see the page. */
export interface Poll {
  /** Runs it now, whatever the time. */
  now(): void;
  stop(): void;
}

/**
 * Repeats `task` so long after its last end, and not while the page is hidden; when it comes back into sight the task runs at once.
 * The task takes care of its own failures.
 */
export function poll(task: (signal: AbortSignal) => Promise<void>, everyMs: number): Poll {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  const run = async (): Promise<void> => {
    if (isRunning || ended.signal.aborted) return;
    clearTimeout(timer);
    isRunning = true;
    await task(ended.signal);
    isRunning = false;
    if (!document.hidden && !ended.signal.aborted) timer = setTimeout(() => void run(), everyMs);
  };
  const seen = (): void => {
    if (document.hidden) clearTimeout(timer);
    else void run();
  };
  document.addEventListener('visibilitychange', seen, { signal: ended.signal });
  void run();
  return {
    now: () => void run(),
    stop() {
      clearTimeout(timer);
      ended.abort();
    },
  };
}
