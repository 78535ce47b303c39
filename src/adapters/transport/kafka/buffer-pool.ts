const SMALLEST_BITS = 10;
const LARGEST_BITS = 20;
/** Buffers come in powers of two from 1 KiB to 1 MiB. */
const CLASSES = LARGEST_BITS - SMALLEST_BITS + 1;

/**
 * Buffers that are used again once nobody reads them any more: fresh memory costs a page fault every 4 KiB. Gives at least what is
 * asked for and less than twice as much; keeps at most `maxBytes` of idle buffers, and lets those above 1 MiB go.
 */
export class BufferPool {
  readonly #idle = Array.from({ length: CLASSES }, (): Buffer[] => []);
  readonly #maxBytes: number;
  #idleBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get idleBytes(): number {
    return this.#idleBytes;
  }

  take(bytes: number): Buffer {
    const index = classOf(bytes);
    if (index >= CLASSES) return Buffer.allocUnsafeSlow(bytes);
    const idle = this.#idle[index]!.pop();
    if (idle === undefined) return Buffer.allocUnsafeSlow(1 << (index + SMALLEST_BITS));
    this.#idleBytes -= idle.length;
    return idle;
  }

  /** Only whoever took a buffer may give it back, once, when nobody reads it any more. */
  giveBack(buffer: Buffer): void {
    const index = classOf(buffer.length);
    if (index >= CLASSES || this.#idleBytes + buffer.length > this.#maxBytes) return;
    this.#idle[index]!.push(buffer);
    this.#idleBytes += buffer.length;
  }
}

/** The smallest class that holds so many bytes. */
function classOf(bytes: number): number {
  return bytes <= 1 << SMALLEST_BITS ? 0 : 32 - Math.clz32(bytes - 1) - SMALLEST_BITS;
}
