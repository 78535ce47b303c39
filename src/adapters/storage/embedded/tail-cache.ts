import type { Run } from './run.ts';

/** The newest rows of one log, in memory, without a gap between them. */
export class LogTail {
  readonly #cache: TailCache;
  #runs: Run[] = [];

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** What is cached from the row on that holds an offset; empty when that row is not here. */
  from(offset: number): readonly Run[] {
    const first = this.#runs[0];
    if (first === undefined || first.base > offset) return [];
    const at = this.#runs.findLastIndex(run => run.base <= offset);
    return at === 0 ? this.#runs : this.#runs.slice(at);
  }

  add(run: Run): void {
    this.#runs.push(run);
    this.#cache.hold(run, this);
  }

  /** The log was changed below an offset: rows that begin there may be others now. */
  dropBelow(offset: number): void {
    const kept = this.#runs.findIndex(run => run.base >= offset);
    const dropped = this.#runs.splice(0, kept < 0 ? this.#runs.length : kept);
    for (const run of dropped) this.#cache.drop(run);
  }

  /** The log was cut: rows from an offset on are gone. If one was cut within, all go, or there were a gap where it was. */
  dropFrom(offset: number): void {
    const gone = this.#runs.findIndex(run => run.nextOffset > offset);
    if (gone < 0) return;
    const isCut = this.#runs[gone]!.base < offset;
    for (const run of this.#runs.splice(isCut ? 0 : gone)) this.#cache.drop(run);
  }

  /** Called by the cache when it wants the room. */
  dropOldest(run: Run): void {
    if (this.#runs[0] === run) this.#runs.shift();
  }
}

/** Keeps what was written last, over all logs, so that whoever reads at the end of a log needs no database. */
export class TailCache {
  readonly #maxBytes: number;
  /** In the order in which they were written. */
  readonly #owners = new Map<Run, LogTail>();
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hold(run: Run, owner: LogTail): void {
    this.#owners.set(run, owner);
    this.#heldBytes += run.heldBytes;
    for (const [oldest, its] of this.#owners) {
      if (this.#heldBytes <= this.#maxBytes) return;
      its.dropOldest(oldest);
      this.drop(oldest);
    }
  }

  drop(run: Run): void {
    if (!this.#owners.delete(run)) return;
    this.#heldBytes -= run.heldBytes;
    run.release();
  }
}
