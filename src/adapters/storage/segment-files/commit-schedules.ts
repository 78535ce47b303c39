/** Takes part in the store's group commit. */
export interface Committing {
  /** Hands what is staged to the operating system. */
  flush(): void;
  /** Makes what was flushed durable, and calls `done` whatever comes of it. */
  sync(done: () => void): void;
}

/** Gathers the commits of all logs: one flush per tick of the event loop. */
export class FlushSchedule {
  #waiting = new Set<Committing>();

  request(log: Committing): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#run());
    this.#waiting.add(log);
  }

  #run(): void {
    const logs = this.#waiting;
    this.#waiting = new Set();
    for (const log of logs) log.flush();
  }
}

/** Syncs several logs at once, each once at a time: what comes meanwhile makes its next round. */
export class SyncSchedule {
  readonly #maxRunning: number;
  readonly #waiting = new Set<Committing>();
  readonly #running = new Set<Committing>();

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  request(log: Committing): void {
    this.#waiting.add(log);
    this.#start();
  }

  #start(): void {
    for (const log of this.#waiting) {
      if (this.#running.size >= this.#maxRunning) return;
      if (this.#running.has(log)) continue;
      this.#waiting.delete(log);
      this.#running.add(log);
      log.sync(() => {
        this.#running.delete(log);
        this.#start();
      });
    }
  }
}
