import { Durations } from '../domain/model/metrics/durations.ts';

/** How long a store takes. */
export interface StorageMetrics {
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
  /** Each time that bytes were handed to the operating system, or a database. */
  readonly flushes: Durations;
  /** Each time that they were forced to the disk. */
  readonly syncs: Durations;
}

/** How many clients are connected. */
export interface ConnectionCounts {
  open: number;
  /** All that ever were. */
  opened: number;
}

/**
 * What is measured while a broker works. Whoever measures asks for an object once, keeps it, and adds to it: nothing is looked up
 * or made on the way of a request. (What topics take and give is counted by their partitions, see Traffic.)
 */
export interface Metrics extends StorageMetrics {
  readonly connections: ConnectionCounts;
  /** How long requests of one API take, from their last byte to their response; made when it is first asked for. */
  requests(api: string): Durations;
}

class NoDurations extends Durations {
  override observe(): void {}
}

const NOTHING = new NoDurations();

/** For a broker that is not looked at: a clock that stands still, and nothing kept. */
export const NO_METRICS: Metrics = {
  nowMs: () => 0,
  flushes: NOTHING,
  syncs: NOTHING,
  connections: { open: 0, opened: 0 },
  requests: () => NOTHING,
};
