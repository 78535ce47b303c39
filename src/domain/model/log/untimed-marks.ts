/** A stretch of offsets that holds batches without timestamps, and when the last of them came. */
export interface UntimedMark {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly atMs: number;
}

const MARKS_MAX = 32;
/** What comes within this time after a mark began shares it. */
const APART_MS = 60_000;

/**
 * When the batches of a log that have no timestamp were appended, roughly and never too early: retention by time needs an age for
 * them. Kafka takes the time of their file's last change.
 */
export class UntimedMarks {
  #marks: UntimedMark[] = [];
  /** When the newest mark began; one that was restored takes no more. */
  #beganMs = -Infinity;

  get all(): readonly UntimedMark[] {
    return this.#marks;
  }

  /** Takes note of a batch without a timestamp. */
  observe(startOffset: number, endOffset: number, atMs: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && atMs - this.#beganMs < APART_MS) {
      const latestMs = Math.max(last.atMs, atMs);
      const mark = { startOffset: last.startOffset, endOffset, atMs: latestMs };
      this.#marks[this.#marks.length - 1] = mark;
      return;
    }
    this.#beganMs = atMs;
    this.#marks.push({ startOffset, endOffset, atMs });
    if (this.#marks.length > MARKS_MAX) this.#joinPairs();
  }

  /** Up to `expiredTo` at most, and not beyond the first batch without a timestamp that came at or after `sinceMs`. */
  limit(expiredTo: number, sinceMs: number): number {
    const young = this.#marks.find(mark => mark.atMs >= sinceMs);
    return young === undefined ? expiredTo : Math.min(expiredTo, young.startOffset);
  }

  /** Forgets what a log lost at its front. */
  trimBefore(startOffset: number): void {
    this.#marks = this.#marks.filter(mark => mark.endOffset > startOffset);
  }

  restore(marks: readonly UntimedMark[]): void {
    this.#marks = [...marks];
    this.#beganMs = -Infinity;
  }

  /** Half as many marks, each as young as the younger of two. */
  #joinPairs(): void {
    const joined: UntimedMark[] = [];
    for (let at = 0; at < this.#marks.length; at += 2) {
      const first = this.#marks[at]!;
      const second = this.#marks[at + 1] ?? first;
      const atMs = Math.max(first.atMs, second.atMs);
      joined.push({ startOffset: first.startOffset, endOffset: second.endOffset, atMs });
    }
    this.#marks = joined;
  }
}
