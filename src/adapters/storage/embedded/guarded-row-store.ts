import { StorageError, type Volume } from '../../../ports/log-storage.ts';
import { deferred, type Deferred } from '../shared/deferred.ts';
import type { Later } from './later.ts';
import type { LogFacts } from './log-facts.ts';
import type { Changes, RowHead, RowStore, TakeRow } from './row-store.ts';

/**
 * A database that is not closed under those who read: a close waits for the reads that are under way, and those that would begin
 * after it are refused with `closed`. Many a driver ends the process instead.
 */
export class GuardedRowStore implements RowStore {
  readonly #store: RowStore;
  #underWay = 0;
  /** Set when the store is being closed: resolves when no read is under way any more. */
  #quiet: Deferred | null = null;

  constructor(store: RowStore) {
    this.#store = store;
  }

  facts(): Later<readonly LogFacts[]> {
    return this.#read(() => this.#store.facts());
  }

  checkpointOf(log: number): Later<Buffer | null> {
    return this.#read(() => this.#store.checkpointOf(log));
  }

  write(changes: Changes, durable: boolean): Later<void> {
    return this.#store.write(changes, durable);
  }

  sync(): Later<void> {
    return this.#store.sync();
  }

  floor(log: number, offset: number): Later<RowHead | null> {
    return this.#read(() => this.#store.floor(log, offset));
  }

  heads(log: number, offset: number, limit: number): Later<readonly RowHead[]> {
    return this.#read(() => this.#store.heads(log, offset, limit));
  }

  read(log: number, offset: number, take: TakeRow): Later<void> {
    return this.#read(() => this.#store.read(log, offset, take));
  }

  placeOf(log: number, base: number): string {
    return this.#store.placeOf(log, base);
  }

  volume(): Promise<Volume> {
    return this.#store.volume();
  }

  async close(): Promise<void> {
    this.#quiet = deferred();
    if (this.#underWay === 0) this.#quiet.resolve();
    await this.#quiet.promise;
    await this.#store.close();
  }

  #read<T>(read: () => Later<T>): Later<T> {
    if (this.#quiet !== null) throw new StorageError('closed', 'the store was closed');
    const found = read();
    if (!(found instanceof Promise)) return found;
    this.#underWay += 1;
    return found.finally(() => {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#quiet?.resolve();
    });
  }
}
