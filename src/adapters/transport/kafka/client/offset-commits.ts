import type { Offsets } from './offsets.ts';

/**
 * Commits positions as they advance, one commit at a time: what comes meanwhile goes into the next one, so that a fast reader
 * commits no more often than the broker answers.
 */
export class OffsetCommits {
  readonly #commit: (offsets: Offsets) => Promise<unknown>;
  #newest: Offsets = new Map();
  #underway: Promise<void> | null = null;
  #failure: Error | null = null;

  constructor(commit: (offsets: Offsets) => Promise<unknown>) {
    this.#commit = commit;
  }

  /** Takes the next offsets to read; throws what an earlier commit failed with. */
  advance(offsets: Offsets): void {
    if (this.#failure) throw this.#failure;
    for (const [partition, offset] of offsets) this.#newest.set(partition, offset);
    this.#underway ??= this.#commitNewest();
  }

  /** Resolves when all is committed; rejects with what a commit failed with. */
  async settled(): Promise<void> {
    await this.#underway;
    if (this.#failure) throw this.#failure;
  }

  async #commitNewest(): Promise<void> {
    try {
      while (this.#newest.size > 0) {
        const offsets = this.#newest;
        this.#newest = new Map();
        await this.#commit(offsets);
      }
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#underway = null;
  }
}
