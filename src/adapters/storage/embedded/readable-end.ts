import type { Deferred } from '../shared/deferred.ts';

/** The commits of one log that one write answers: those that wait for the write, and those that wait for the disk. */
export class Waiting {
  written: Deferred | null = null;
  writtenEnd = 0;
  durable: Deferred | null = null;
  durableEnd = 0;
  isDurable = false;

  /** What they were asked for is gone from an offset on; what comes in its place is not theirs. */
  cutTo(offset: number): void {
    this.writtenEnd = Math.min(this.writtenEnd, offset);
    this.durableEnd = Math.min(this.durableEnd, offset);
  }
}

/** What readers of a log saw at some moment, and were to see when the commits that waited for the disk were answered. */
export interface Shown {
  readonly offset: number;
  readonly unsynced: ReadonlyMap<Waiting, number>;
}

/** How far readers of a log see. */
export class ReadableEnd {
  offset: number;
  /** Taken into a write, and not durable yet. */
  readonly #unsynced = new Set<Waiting>();

  constructor(offset: number) {
    this.offset = offset;
  }

  get shown(): Shown {
    const unsynced = new Map([...this.#unsynced].map(each => [each, each.durableEnd]));
    return { offset: this.offset, unsynced };
  }

  take(waiting: Waiting): void {
    if (waiting.durable !== null) this.#unsynced.add(waiting);
  }

  answered(waiting: Waiting): void {
    waiting.isDurable = true;
    this.#unsynced.delete(waiting);
  }

  forget(waiting: Waiting): void {
    this.#unsynced.delete(waiting);
  }

  /** The log ends at an offset now. */
  cutTo(offset: number): void {
    this.offset = Math.min(this.offset, offset);
    for (const waiting of this.#unsynced) waiting.cutTo(offset);
  }

  /** The log was not cut after all; what was answered since then counts. */
  restore({ offset, unsynced }: Shown): void {
    this.offset = offset;
    for (const [waiting, end] of unsynced) {
      waiting.durableEnd = end;
      if (waiting.isDurable) this.offset = Math.max(this.offset, end);
    }
  }
}
