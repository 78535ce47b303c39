import type {
  LogSettings,
  LogStorage,
  PartitionKey,
  PartitionLog,
  StorageError,
  StoredPartition,
  Volume,
} from '../../src/ports/log-storage.ts';

/** A commit that waits for the test. */
export interface HeldCommit {
  readonly partition: number;
  readonly durable: boolean;
  /** Lets the store carry it out. */
  release(): void;
  /** The store fails instead, and its log takes no more: nothing that this commit stands for is kept. */
  fail(error: StorageError): void;
}

/** A store in front of another whose commits and openings a test can hold back, and answer in any order. */
export class HeldLogStorage implements LogStorage {
  /** What is held back from now on. */
  holds: 'nothing' | 'all commits' | 'durable commits' | 'openings' = 'nothing';
  /** Held commits, oldest first. */
  readonly held: HeldCommit[] = [];
  readonly heldOpenings: (() => void)[] = [];
  /** Every commit that was asked for, by whether it is durable. */
  readonly commits: boolean[] = [];
  /** What the next append of any log throws; once. */
  failNextAppend: StorageError | null = null;
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
    if (this.holds === 'openings') {
      await new Promise<void>(resolve => this.heldOpenings.push(resolve));
    }
    return this.#holding(key, await this.#inner.open(key, epoch, settings));
  }

  list(): Promise<readonly StoredPartition[]> {
    return this.#inner.list();
  }

  remove(key: PartitionKey): Promise<void> {
    return this.#inner.remove(key);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Lets every held commit go, and holds no more. */
  releaseAll(): void {
    this.holds = 'nothing';
    for (const commit of this.held.splice(0)) commit.release();
    for (const open of this.heldOpenings.splice(0)) open();
  }

  #holding(key: PartitionKey, log: PartitionLog): PartitionLog {
    let failure: StorageError | null = null;
    const commit = (durable: boolean): Promise<void> => {
      this.commits.push(durable);
      if (failure) return Promise.reject(failure);
      const waits = this.holds === 'all commits' || (durable && this.holds === 'durable commits');
      if (!waits) return log.commit(durable);
      return new Promise<void>((resolve, reject) => {
        const release = (): void => void log.commit(durable).then(resolve, reject);
        const fail = (error: StorageError): void => reject((failure = error));
        this.held.push({ partition: key.partition, durable, release, fail });
      });
    };
    const append: PartitionLog['append'] = batch => {
      const refusal = failure ?? this.failNextAppend;
      this.failNextAppend = null;
      if (refusal) throw refusal;
      log.append(batch);
    };
    return new Proxy(log, {
      get: (target, name) => {
        if (name === 'commit') return commit;
        if (name === 'append') return append;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}
