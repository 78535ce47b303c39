const CLASS_BYTES = [16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024] as const;

/**
 * Buffers that fetched records are read into, used again once they were sent: fresh memory costs a page fault every 4 KiB. Gives
 * at least what is asked for; keeps at most `maxBytes` of idle buffers, and lets larger ones go.
 */
export class BufferPool {
  readonly #idle = CLASS_BYTES.map((): Buffer[] => []);
  readonly #maxBytes: number;
  #idleBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  take(bytes: number): Buffer {
    const index = CLASS_BYTES.findIndex(size => size >= bytes);
    if (index < 0) return Buffer.allocUnsafeSlow(bytes);
    const idle = this.#idle[index]!.pop();
    if (idle === undefined) return Buffer.allocUnsafeSlow(CLASS_BYTES[index]!);
    this.#idleBytes -= idle.length;
    return idle;
  }

  /** Only whoever took a buffer may give it back, once, when nobody reads it any more. */
  giveBack(buffer: Buffer): void {
    const index = CLASS_BYTES.findIndex(size => size === buffer.length);
    if (index < 0 || this.#idleBytes + buffer.length > this.#maxBytes) return;
    this.#idle[index]!.push(buffer);
    this.#idleBytes += buffer.length;
  }
}
