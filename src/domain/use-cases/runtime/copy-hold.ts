/**
 * Says whether logs are being copied. Meanwhile nothing that a copy needs may vanish: no compaction begins, nor a further pass of one
 * that has begun, and the logs of deleted topics stay. A trim may come: a copy then begins where the log does.
 */
export class CopyHold {
  #holders = 0;
  #released: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;

  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** Holds until the function that it gives is called, once. */
  hold(): () => void {
    if (this.#holders === 0) {
      this.#released = new Promise(resolve => (this.#release = resolve));
    }
    this.#holders += 1;
    let isMine = true;
    return () => {
      if (!isMine) return;
      isMine = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.#release();
    };
  }

  /** Resolves when nobody holds; at once when nobody does. */
  released(): Promise<void> {
    return this.#released;
  }
}
