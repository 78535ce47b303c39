/** One commit under way: when it is finished, all below `endOffset` is committed, `bytes` bytes of batches in all. */
export interface CommitRound {
  endOffset: number;
  bytes: number;
  finished: boolean;
}

/**
 * The offset below which every record is committed as it was asked to be, and may be read. Commits can finish out of order (one
 * that waits for the disk after one that does not); the mark moves over the finished ones at the front, and never back.
 */
export class HighWatermark {
  #value: number;
  #bytes = 0;
  readonly #rounds: CommitRound[] = [];

  constructor(value: number) {
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** Bytes of batches that came below the mark since this broker opened the log: it only grows. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether no commit is under way, so that all that a log can read lies below the mark. */
  get settled(): boolean {
    return this.#rounds.length === 0;
  }

  begin(endOffset: number, bytes: number): CommitRound {
    const round = { endOffset, bytes, finished: false };
    this.#rounds.push(round);
    return round;
  }

  /** True if the mark moved. */
  finish(round: CommitRound): boolean {
    round.finished = true;
    const before = this.#value;
    while (this.#rounds[0]?.finished === true) {
      const next = this.#rounds.shift()!;
      this.#value = Math.max(this.#value, next.endOffset);
      this.#bytes = Math.max(this.#bytes, next.bytes);
    }
    return this.#value > before;
  }
}
