/** Counts the bytes that many have in use, and lets those wait who would use more when it is full. */
export class ByteRoom {
  readonly #capacity: number;
  readonly #waiting: (() => void)[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Resolves when the room is not full; whoever asks then may take more than is left of it. */
  async notFull(): Promise<void> {
    while (this.#used >= this.#capacity) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
  }

  /** Takes so many bytes; what it gives leaves them, once however often it is called. */
  take(bytes: number): () => void {
    this.#used += bytes;
    let held = bytes;
    return () => {
      this.#used -= held;
      held = 0;
      if (this.#used < this.#capacity) for (const wake of this.#waiting.splice(0)) wake();
    };
  }
}
