/** All that is measured, as a text for those who come for it again and again (Prometheus). */
export interface MetricsPage {
  readonly contentType: string;
  /** In pieces where it is long. Whoever asks while it is being made gets the same. */
  render(): Promise<string | AsyncIterable<string>>;
}

/** Quantiles in milliseconds, over the last half to whole minute. */
export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a broker has done since it started, and how it does now. */
export interface Totals {
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of all APIs. */
  readonly requests: number;
  /** Connections that are open. */
  readonly connections: number;
  /** Null when there was no such request lately. A fetch takes as long as it waits for records. */
  readonly produce: Quantiles | null;
  readonly fetch: Quantiles | null;
  /** How much later than due the event loop came to its timers. */
  readonly loopDelay: Quantiles & { readonly maxMs: number };
  /** Bytes. */
  readonly memory: { readonly resident: number; readonly heapUsed: number };
}

export interface BrokerTotals {
  read(): Totals;
}
