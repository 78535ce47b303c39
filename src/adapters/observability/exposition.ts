import { performance } from 'node:perf_hooks';

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** Lines that are joined to one piece. */
const PIECE_LINES = 500;
/** How long a page may keep the event loop from turning. */
const SLICE_MS = 4;

/**
 * The series of one name in Prometheus's text format 0.0.4. What grows with topics, partitions and groups is written by this:
 * prom-client keeps an object per series and makes all lines of a name in one go.
 */
export class Family {
  readonly #name: string;
  readonly #pieces: string[] = [];
  #lines: string[];

  /** `help` and `name` hold nothing that would have to be escaped. */
  constructor(type: FamilyType, name: string, help: string) {
    this.#name = name;
    this.#lines = [`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`];
  }

  /** `labels` as they are written, without braces, and empty for none; see `label`. `suffix` is for the series of a histogram. */
  add(labels: string, value: number, suffix = ''): void {
    const braced = labels === '' ? '' : `{${labels}}`;
    this.#lines.push(`${this.#name}${suffix}${braced} ${textOf(value)}\n`);
    if (this.#lines.length >= PIECE_LINES) this.#join();
  }

  pieces(): readonly string[] {
    this.#join();
    return this.#pieces;
  }

  #join(): void {
    if (this.#lines.length > 0) this.#pieces.push(this.#lines.join(''));
    this.#lines = [];
  }
}

/** One label; its value may hold anything. */
export function label(name: string, value: string): string {
  return `${name}="${/[\\"\n]/.test(value) ? escaped(value) : value}"`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function textOf(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** Lets others run when a slice of the event loop is over, and says how many series may still be written. */
export class PageBudget {
  readonly #maxSeries: number;
  #used = 0;
  #dropped = 0;
  #sliceBegan = performance.now();

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Series that there was no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether so many series more may be written; they count from then on. */
  take(series: number): boolean {
    const fits = this.#used + series <= this.#maxSeries;
    if (fits) this.#used += series;
    else this.#dropped += series;
    return fits;
  }

  /** Undefined when it is not time yet. */
  breathe(): Promise<void> | undefined {
    if (performance.now() - this.#sliceBegan < SLICE_MS) return undefined;
    return new Promise(resolve => {
      setImmediate(() => {
        this.#sliceBegan = performance.now();
        resolve();
      });
    });
  }
}
