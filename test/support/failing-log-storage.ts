import type {
  Allocate,
  LogSettings,
  LogStorage,
  PartitionKey,
  PartitionLog,
  StorageError,
  StoredPartition,
  Volume,
} from '../../src/ports/log-storage.ts';

/** A store in front of another that fails when it is told to. */
export class FailingLogStorage implements LogStorage {
  /** What the next commit of any log rejects with; once. */
  failNextCommit: StorageError | null = null;
  /** What every removal rejects with. */
  failRemove: StorageError | null = null;
  /** Sees, and may spoil, whatever is read. */
  onRead: (bytes: Buffer) => void = () => {};
  /** How many batches were appended. */
  appends = 0;
  readonly #inner: LogStorage;

  constructor(inner: LogStorage) {
    this.#inner = inner;
  }

  get location(): string {
    return this.#inner.location;
  }

  volume(): Promise<Volume> {
    return this.#inner.volume();
  }

  async open(key: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog> {
    return this.#failing(await this.#inner.open(key, epoch, settings));
  }

  list(): Promise<readonly StoredPartition[]> {
    return this.#inner.list();
  }

  async remove(key: PartitionKey): Promise<void> {
    if (this.failRemove) throw this.failRemove;
    await this.#inner.remove(key);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #failing(log: PartitionLog): PartitionLog {
    const overrides: Partial<PartitionLog> = {
      append: batch => {
        this.appends += 1;
        log.append(batch);
      },
      commit: async durable => {
        const failure = this.failNextCommit;
        this.failNextCommit = null;
        if (failure) throw failure;
        await log.commit(durable);
      },
      read: async (offset: number, maxBytes: number, allocate: Allocate) => {
        const bytes = await log.read(offset, maxBytes, allocate);
        this.onRead(bytes);
        return bytes;
      },
    };
    return new Proxy(log, {
      get: (target, name) => {
        const own = overrides[name as keyof PartitionLog];
        if (own !== undefined) return own;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}
