/** How much of a log was compacted, as it is kept over a restart. */
export interface DirtyFacts {
  /** Below it compaction has been: the cleaner's checkpoint (LogCleanerManager). */
  readonly cleanedTo: number;
  /** Bytes of batches at or after `cleanedTo`. */
  readonly dirtyBytes: number;
  /** Where the newest segment began, and the bytes of batches in it. */
  readonly activeOffset: number;
  readonly activeBytes: number;
}

/**
 * Counts what compaction has yet to look at, so that nobody reads a log to learn whether it is worth it. The counts are for
 * choosing a log, not for safety: a trimmed log may have less.
 */
export class DirtyBytes {
  #cleanedTo = 0;
  #dirtyBytes = 0;
  #activeOffset = -1;
  #activeBytes = 0;

  get facts(): DirtyFacts {
    return {
      cleanedTo: this.#cleanedTo,
      dirtyBytes: this.#dirtyBytes,
      activeOffset: this.#activeOffset,
      activeBytes: this.#activeBytes,
    };
  }

  /** Takes note of a batch at the end of a log whose newest segment begins at `activeOffset`. */
  observe(baseOffset: number, sizeInBytes: number, activeOffset: number): void {
    if (activeOffset !== this.#activeOffset) {
      this.#activeOffset = activeOffset;
      this.#activeBytes = 0;
    }
    this.#dirtyBytes += sizeInBytes;
    // A replay meets older batches, too.
    if (baseOffset >= activeOffset) this.#activeBytes += sizeInBytes;
  }

  /** All below `to` is clean now, and what lies at or after it has so many bytes. */
  clean(to: number, dirtyBytes: number): void {
    this.#cleanedTo = to;
    this.#dirtyBytes = Math.max(0, dirtyBytes);
  }

  restore({ cleanedTo, dirtyBytes, activeOffset, activeBytes }: DirtyFacts): void {
    this.#cleanedTo = cleanedTo;
    this.#dirtyBytes = dirtyBytes;
    this.#activeOffset = activeOffset;
    this.#activeBytes = activeBytes;
  }
}
