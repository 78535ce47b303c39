import { batch, signal } from '@preact/signals';
import { recordsPath } from '../../api/paths.ts';
import { getJson, messageOf } from '../../api/request.ts';
import type { LogRecord, RecordsPage } from '../../api/types.ts';

/** What `from` may say: a place, an offset, or `ts:` and a time in milliseconds. */
export type Place = string;

const PAGE = 200;
/** What is kept of a partition; beyond it the other end is given up, and read again when somebody goes there. */
const ROWS_MAX = 5_000;
const BYTES_MAX = 64 * 1024 * 1024;

/** A stretch of one partition that grows at both ends as somebody looks there. */
export class RecordWindow {
  readonly rows = signal<readonly LogRecord[]>([]);
  /** How many rows came before those of the beginning, less those that were given up there. */
  readonly shift = signal(0);
  readonly bounds = signal({ start: 0, end: 0 });
  readonly isLoading = signal(false);
  readonly error = signal<string | null>(null);
  /** Whether one wanted to see the end. */
  readonly isAtEnd = signal(false);
  readonly #topic: string;
  readonly #partition: number;
  #asked = new AbortController();
  #work: Work = () => DONE;
  /** The stretch, whether there are records at its ends or not. */
  #from = 0;
  #next = 0;

  constructor(topic: string, partition: number) {
    this.#topic = topic;
    this.#partition = partition;
  }

  get next(): number {
    return this.#next;
  }

  /** Begins anew somewhere else. */
  seek(place: Place): Promise<void> {
    this.#asked.abort();
    return this.#load(async signal => {
      const page = await this.#page(place, PAGE, signal);
      batch(() => {
        this.#from = page.from_offset;
        this.#next = page.next_offset;
        this.rows.value = page.records;
        this.shift.value = 0;
        this.isAtEnd.value = place === 'end';
      });
    });
  }

  /** Adds a page below, if there is more. */
  newer(): Promise<void> {
    if (this.isLoading.value || this.error.value !== null) return DONE;
    return this.#load(async signal => {
      const page = await this.#page(this.#next, PAGE, signal);
      this.#next = page.next_offset;
      if (page.records.length === 0) return;
      const all = [...this.rows.value, ...page.records];
      const kept = bounded(all, 'newest');
      batch(() => {
        this.shift.value -= all.length - kept.length;
        if (kept.length < all.length) this.#from = kept[0]!.offset;
        this.rows.value = kept;
      });
    });
  }

  /** Adds a page above, if there is more. */
  older(): Promise<void> {
    if (this.isLoading.value || this.error.value !== null) return DONE;
    if (this.#from <= this.bounds.value.start) return DONE;
    return this.#load(async signal => {
      const until = this.#from;
      const from = Math.max(this.bounds.value.start, until - PAGE);
      const records = await this.#stretch(from, until, signal);
      const all = [...records, ...this.rows.value];
      const kept = bounded(all, 'oldest');
      batch(() => {
        this.#from = from;
        this.shift.value += records.length;
        if (kept.length < all.length) this.#next = kept.at(-1)!.offset + 1;
        this.rows.value = kept;
      });
    });
  }

  /** Does again what has failed. */
  retry(): Promise<void> {
    return this.#load(this.#work);
  }

  stop(): void {
    this.#asked.abort();
  }

  /** A page may end early where records are large. */
  async #stretch(from: number, until: number, signal: AbortSignal): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for (let next = from; next < until;) {
      const page = await this.#page(next, until - next, signal);
      found.push(...page.records.filter(({ offset }) => offset < until));
      if (page.next_offset <= next) break;
      next = page.next_offset;
    }
    return found;
  }

  async #page(from: Place | number, limit: number, signal: AbortSignal): Promise<RecordsPage> {
    const query = { partition: this.#partition, from, limit };
    const page = await getJson<RecordsPage>(recordsPath(this.#topic, query), signal);
    this.bounds.value = { start: page.start_offset, end: page.end_offset };
    return page;
  }

  async #load(work: Work): Promise<void> {
    this.#work = work;
    const asked = (this.#asked = new AbortController());
    this.isLoading.value = true;
    this.error.value = null;
    try {
      await work(asked.signal);
    } catch (error) {
      if (asked.signal.aborted) return;
      this.error.value = messageOf(error);
    }
    if (!asked.signal.aborted) this.isLoading.value = false;
  }
}

type Work = (signal: AbortSignal) => Promise<void>;

const DONE = Promise.resolve();

/** As many of the records as may be kept, from one end on. */
export function bounded(
  records: readonly LogRecord[],
  which: 'newest' | 'oldest',
  most = { rows: ROWS_MAX, bytes: BYTES_MAX },
): readonly LogRecord[] {
  let bytes = 0;
  let rows = 0;
  while (rows < records.length && rows < most.rows) {
    bytes += sizeOf(records[which === 'oldest' ? rows : records.length - 1 - rows]!);
    // One is always shown, however large.
    if (bytes > most.bytes && rows > 0) break;
    rows++;
  }
  if (rows === records.length) return records;
  return which === 'oldest' ? records.slice(0, rows) : records.slice(records.length - rows);
}

/** What it may take in memory: a guess. */
function sizeOf({ key, value }: LogRecord): number {
  return 200 + 2 * (key.size + value.size);
}
