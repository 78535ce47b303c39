import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** How often it is looked, in milliseconds. */
const RESOLUTION_MS = 20;
const MS = 1e6;

/** All in milliseconds. */
export interface DelayFacts {
  readonly minMs: number;
  readonly maxMs: number;
  readonly meanMs: number;
  readonly stddevMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

/**
 * How late the event loop comes to what is due, over the last one to two periods, for whoever calls `turn` once a period: two
 * histograms are filled, and the one that is older is read. Node's histograms say the time between two looks: what is
 * late is what exceeds their interval.
 */
export class LoopDelay {
  #reading: IntervalHistogram | null = null;
  #next: IntervalHistogram | null = null;

  start(): void {
    this.#reading = begun();
    this.#next = begun();
  }

  stop(): void {
    this.#reading?.disable();
    this.#next?.disable();
  }

  turn(): void {
    this.#reading?.reset();
    [this.#reading, this.#next] = [this.#next, this.#reading];
  }

  read(): DelayFacts {
    const histogram = this.#reading;
    const late = (ns: number): number => Math.max(0, ns / MS - RESOLUTION_MS);
    // A histogram that has seen nothing has a minimum beyond all, and no mean.
    if (histogram === null || histogram.count === 0) return NOTHING;
    return {
      minMs: late(histogram.min),
      maxMs: late(histogram.max),
      meanMs: late(histogram.mean),
      stddevMs: histogram.stddev / MS,
      p50Ms: late(histogram.percentile(50)),
      p90Ms: late(histogram.percentile(90)),
      p99Ms: late(histogram.percentile(99)),
    };
  }
}

const NOTHING: DelayFacts = {
  minMs: 0,
  maxMs: 0,
  meanMs: 0,
  stddevMs: 0,
  p50Ms: 0,
  p90Ms: 0,
  p99Ms: 0,
};

function begun(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return histogram;
}
