/** One buffer for the reads of a walk, as large as the largest of them: what was read is good until the next read. */
export class ReadChunk {
  #bytes = Buffer.alloc(0);

  readonly allocate = (bytes: number): Buffer =>
    bytes <= this.#bytes.length ? this.#bytes : (this.#bytes = Buffer.allocUnsafe(bytes));
}
