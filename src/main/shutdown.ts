const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;
type Signal = keyof typeof SIGNALS;

/** What signals come from, and what ends at once: the process. */
export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Listens for SIGINT and SIGTERM from now on. Resolves at the first one, for the caller to stop in good order; a second one ends the
 * process at once with the shell's code for it, 130 or 143.
 */
export function shutdownSignal(source: SignalSource = process): Promise<Signal> {
  return new Promise(resolve => {
    let asked = false;
    for (const [signal, number] of Object.entries(SIGNALS) as [Signal, number][]) {
      source.on(signal, () => {
        if (asked) source.exit(128 + number);
        asked = true;
        resolve(signal);
      });
    }
  });
}
