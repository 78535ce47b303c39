import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogFacts } from '../../src/adapters/storage/embedded/log-facts.ts';
import type {
  Changes,
  RowHead,
  RowStore,
  TakeRow,
} from '../../src/adapters/storage/embedded/row-store.ts';
import type { Volume } from '../../src/ports/log-storage.ts';

/** A row store over another one that takes its time with every answer, counts, waits, and fails when it is told to. */
export class TryingRowStore implements RowStore {
  readonly #store: RowStore;
  /** Called before each write or sync; what it throws is the failure of that. */
  beforeWrite: (changes: Changes) => void | Promise<void> = () => undefined;
  beforeSync: () => void | Promise<void> = () => undefined;
  /** Called when a write is carried out, which reads see, before it is said. */
  afterWrite: () => void | Promise<void> = () => undefined;
  /** Called before each row that is read. */
  beforeRow: (head: RowHead) => void = () => undefined;
  readonly writes: Changes[] = [];
  syncs = 0;

  constructor(store: RowStore) {
    this.#store = store;
  }

  /** Holds the next of these up; it has come that far when this resolves, and goes on, or fails, when the result is called. */
  next(stage: 'beforeWrite' | 'afterWrite' | 'beforeSync'): Promise<(error?: Error) => void> {
    return new Promise(reached => {
      this[stage] = () => {
        this[stage] = () => undefined;
        return new Promise((resolve, reject) => {
          reached(error => (error === undefined ? resolve() : reject(error)));
        });
      };
    });
  }

  async facts(): Promise<readonly LogFacts[]> {
    return this.#store.facts();
  }
  async checkpointOf(log: number): Promise<Buffer | null> {
    return this.#store.checkpointOf(log);
  }
  async write(changes: Changes, durable: boolean): Promise<void> {
    this.writes.push(changes);
    await nextTurn();
    await this.beforeWrite(changes);
    await this.#store.write(changes, durable);
    await this.afterWrite();
  }
  async sync(): Promise<void> {
    this.syncs += 1;
    await nextTurn();
    await this.beforeSync();
    await this.#store.sync();
  }
  async floor(log: number, offset: number): Promise<RowHead | null> {
    await nextTurn();
    return this.#store.floor(log, offset);
  }
  async heads(log: number, offset: number, limit: number): Promise<readonly RowHead[]> {
    await nextTurn();
    return this.#store.heads(log, offset, limit);
  }
  async read(log: number, offset: number, take: TakeRow): Promise<void> {
    await nextTurn();
    await this.#store.read(log, offset, (head, bytes) => {
      this.beforeRow(head);
      // What is given to `take` is valid until it returns.
      const lent = Buffer.from(bytes);
      const goesOn = take(head, lent);
      lent.fill(0xee);
      return goesOn;
    });
  }
  placeOf(log: number, base: number): string {
    return this.#store.placeOf(log, base);
  }
  async volume(): Promise<Volume> {
    return this.#store.volume();
  }
  async close(): Promise<void> {
    await this.#store.close();
  }
}
