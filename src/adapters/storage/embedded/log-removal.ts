import type { Engine } from './engine.ts';

/** Rows that one write deletes, so that the event loop is not held up. */
const SLICE_ROWS = 32;

/** Deletes the rows of logs that were removed, one log at a time, and then forgets them; what is left at a stop is done later. */
export class LogRemoval {
  readonly #engine: Engine;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  begin(log: number): void {
    // A failure says that the store writes no more: then the rows go after the next start.
    this.#work = this.#work.then(() => this.#remove(log)).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }

  async #remove(log: number): Promise<void> {
    const { store, commits } = this.#engine;
    while (!this.#isStopped) {
      const rows = await store.heads(log, 0, SLICE_ROWS);
      if (rows.length === 0) return commits.edit({ make: changes => changes.forgotten.push(log) });
      const cut = { log, from: rows[0]!.base, to: rows.at(-1)!.base + 1 };
      await commits.edit({ make: changes => changes.cuts.push(cut) });
    }
  }
}
