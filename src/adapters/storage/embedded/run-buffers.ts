const SMALLEST_BYTES = 4 * 1024;
const LARGEST_BYTES = 1024 * 1024;
const GROWTH = 4;
const KEPT_BYTES = 16 * 1024 * 1024;

/** Gives out buffers of a few sizes and takes them back: fresh memory costs more than used. */
export class RunBuffers {
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;

  /** A buffer of at least `bytes`. */
  borrow(bytes: number): Buffer {
    let size = SMALLEST_BYTES;
    while (size < bytes && size < LARGEST_BYTES) size *= GROWTH;
    const kept = size < bytes ? undefined : this.#free.get(size)?.pop();
    // What is larger than any size gets memory of its own, which is not kept.
    if (kept === undefined) return Buffer.allocUnsafeSlow(Math.max(size, bytes));
    this.#freeBytes -= size;
    return kept;
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length > LARGEST_BYTES || this.#freeBytes + buffer.length > KEPT_BYTES) return;
    const sameSize = this.#free.get(buffer.length) ?? [];
    sameSize.push(buffer);
    this.#free.set(buffer.length, sameSize);
    this.#freeBytes += buffer.length;
  }
}
