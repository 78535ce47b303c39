import type { StorageMetrics } from '../../../ports/metrics.ts';
import type { Volume } from '../../../ports/log-storage.ts';
import type { Later } from './later.ts';
import type { LogFacts } from './log-facts.ts';
import type { Changes, RowHead, RowStore, TakeRow } from './row-store.ts';

/** Rows of another store, whose writes and syncs are timed. */
export class TimedRowStore implements RowStore {
  readonly #rows: RowStore;
  readonly #metrics: StorageMetrics;

  constructor(rows: RowStore, metrics: StorageMetrics) {
    this.#rows = rows;
    this.#metrics = metrics;
  }

  write(changes: Changes, durable: boolean): Later<void> {
    const began = this.#metrics.nowMs();
    const took = (): void => this.#metrics.flushes.observe(this.#metrics.nowMs() - began);
    return ended(this.#rows.write(changes, durable), took);
  }
  sync(): Later<void> {
    const began = this.#metrics.nowMs();
    const took = (): void => this.#metrics.syncs.observe(this.#metrics.nowMs() - began);
    return ended(this.#rows.sync(), took);
  }

  facts(): Later<readonly LogFacts[]> {
    return this.#rows.facts();
  }
  checkpointOf(log: number): Later<Buffer | null> {
    return this.#rows.checkpointOf(log);
  }
  floor(log: number, offset: number): Later<RowHead | null> {
    return this.#rows.floor(log, offset);
  }
  heads(log: number, offset: number, limit: number): Later<readonly RowHead[]> {
    return this.#rows.heads(log, offset, limit);
  }
  read(log: number, offset: number, take: TakeRow): Later<void> {
    return this.#rows.read(log, offset, take);
  }
  placeOf(log: number, base: number): string {
    return this.#rows.placeOf(log, base);
  }
  volume(): Promise<Volume> {
    return this.#rows.volume();
  }
  close(): Promise<void> {
    return this.#rows.close();
  }
}

/** Tells the end of what may be over already. */
function ended(later: Later<void>, tell: () => void): Later<void> {
  if (!(later instanceof Promise)) return tell();
  return later.finally(tell);
}
