import { StorageError, type Allocate } from '../../../ports/log-storage.ts';
import { handled } from '../shared/deferred.ts';
import { NoBatch } from './batch-walk.ts';
import { failedBy } from './failures.ts';
import { after } from './later.ts';
import type { LogParts } from './log-changes.ts';
import { ReadOutput, type ReadOrder } from './read-output.ts';
import type { RowStore } from './row-store.ts';
import type { Run } from './run.ts';

const EMPTY = Buffer.alloc(0);

/** Reads and searches one log as far as it is readable: its newest rows in memory, the others in the database. */
export class LogReads {
  readonly #store: RowStore;
  readonly #log: LogParts;

  constructor(store: RowStore, log: LogParts) {
    this.#store = store;
    this.#log = log;
  }

  /** As the port's `read`. */
  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    const { body, commits } = this.#log;
    const from = Math.max(offset, body.startOffset);
    const endOffset = commits.readableEnd;
    if (from >= endOffset) return EMPTY;
    const cached = commits.tail.from(from);
    const mostBytes = cached.length > 0 ? bytesIn(cached, maxBytes) : body.written.sizeInBytes;
    const order = { offset: from, endOffset, maxBytes, mostBytes, allocate };
    return cached.length > 0 ? cachedRead(cached, order) : this.#storedRead(order);
  }

  /** As the port's `offsetFor`, unless rows were rewritten meanwhile. */
  async offsetFor(timestamp: number): Promise<number> {
    const { endOffset, startOffset } = this.#range();
    if (timestamp > this.#log.body.written.peak) return endOffset;
    const found = await this.#searched(search =>
      search.firstAt(timestamp, { startOffset, endOffset }),
    );
    return found ?? endOffset;
  }

  /** As the port's `offsetKeeping`; nothing may be deleted meanwhile. */
  offsetKeeping(bytes: number): Promise<number> {
    const surplus = this.#log.body.written.sizeInBytes - bytes;
    const { readableEnd } = this.#log.commits;
    return this.#searched(search => search.after(surplus, readableEnd));
  }

  #range(): { startOffset: number; endOffset: number } {
    return { startOffset: this.#log.body.startOffset, endOffset: this.#log.commits.readableEnd };
  }

  async #searched<T>(work: (search: LogParts['search']) => Promise<T>): Promise<T> {
    try {
      return await work(this.#log.search);
    } catch (error) {
      throw this.#failure(error, this.#log.body.startOffset);
    }
  }

  #storedRead(order: ReadOrder): Buffer | Promise<Buffer> {
    const output = new ReadOutput(order);
    let base = order.offset;
    // What lies before the damage is given first; a read from there on says what is wrong.
    const failed = (error: unknown): Buffer | Promise<Buffer> => {
      const { result } = output;
      if (result.length > 0) return result;
      return handled(Promise.reject(this.#failure(error, base)));
    };
    try {
      const read = this.#store.read(this.#log.body.number, order.offset, (head, bytes) => {
        base = head.base;
        return output.take(base, bytes);
      });
      const result = after(read, () => output.result);
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #failure(error: unknown, offset: number): StorageError {
    if (!(error instanceof NoBatch)) return failedBy(error, 'a read failed');
    const { key, number } = this.#log.body;
    const place = this.#store.placeOf(number, offset);
    const message = `${key.topic}-${key.partition} is damaged at offset ${offset} (${place}): ${error.message}`;
    return new StorageError('corrupt', message, { cause: error });
  }
}

function cachedRead(runs: readonly Run[], order: ReadOrder): Buffer {
  const output = new ReadOutput(order);
  for (const run of runs) {
    if (!output.take(run.base, run.bytes)) break;
  }
  return output.result;
}

/** What runs hold, counted no further than a read needs. */
function bytesIn(runs: readonly Run[], maxBytes: number): number {
  let bytes = 0;
  for (const run of runs) {
    bytes += run.sizeInBytes;
    // The first run may lie before the offset in part.
    if (bytes >= maxBytes + runs[0]!.sizeInBytes) break;
  }
  return bytes;
}
