const SMALLEST_BYTES = 4 * 1024;
const GROWTH = 4;

/** Gives out buffers of a few fixed sizes, takes them back, and keeps to a budget: fresh memory costs more than used. */
export class Arenas {
  readonly #maxBytes: number;
  readonly #largest: number;
  readonly #free = new Map<number, Buffer[]>();
  #freeBytes = 0;
  #usedBytes = 0;

  constructor(maxBytes: number, largest: number) {
    this.#maxBytes = maxBytes;
    this.#largest = largest;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The size that follows an arena of `before` bytes in one log, so that logs with little in them stay small. */
  sizeAfter(before: number): number {
    return Math.min(this.#largest, before === 0 ? SMALLEST_BYTES : before * GROWTH);
  }

  /** A buffer of at least `bytes`, preferably of `size`; null when the budget is used up. */
  borrow(bytes: number, size: number): Buffer | null {
    let wanted = size;
    while (wanted < bytes && wanted < this.#largest) wanted = this.sizeAfter(wanted);
    // What is larger than any arena gets memory of its own, which is not kept.
    wanted = Math.max(wanted, bytes);
    const kept = this.#free.get(wanted)?.pop();
    if (kept !== undefined) this.#freeBytes -= kept.length;
    if (this.#usedBytes + wanted > this.#maxBytes) {
      if (kept !== undefined) this.#keep(kept);
      return null;
    }
    this.#usedBytes += wanted;
    this.#makeRoom();
    return kept ?? Buffer.allocUnsafeSlow(wanted);
  }

  giveBack(buffer: Buffer): void {
    this.#usedBytes -= buffer.length;
    if (buffer.length <= this.#largest) this.#keep(buffer);
  }

  #keep(buffer: Buffer): void {
    const sameSize = this.#free.get(buffer.length) ?? [];
    sameSize.push(buffer);
    this.#free.set(buffer.length, sameSize);
    this.#freeBytes += buffer.length;
  }

  /** Free buffers of sizes that nobody asks for count too: they are let go before the budget is exceeded. */
  #makeRoom(): void {
    for (const sameSize of this.#free.values()) {
      while (sameSize.length > 0 && this.#usedBytes + this.#freeBytes > this.#maxBytes) {
        this.#freeBytes -= sameSize.pop()!.length;
      }
    }
  }
}
