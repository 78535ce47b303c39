import { mkdir, open as openFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { continued } from '../../../domain/model/log/leader-epochs.ts';
import { NO_TIMESTAMP } from '../../../domain/model/log/record-batch.ts';
import { SegmentRoll } from '../../../domain/model/log/segment-roll.ts';
import type { Clock } from '../../../ports/clock.ts';
import {
  StorageError,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type StoredPartition,
  type Volume,
} from '../../../ports/log-storage.ts';
import type { StorageMetrics } from '../../../ports/metrics.ts';
import { DirectoryLock, thisProcess, type ProcessIdentity } from '../shared/directory-lock.ts';
import { EmbeddedLog } from './embedded-log.ts';
import type { Engine } from './engine.ts';
import { failedBy } from './failures.ts';
import { GroupCommit } from './group-commit.ts';
import { GuardedRowStore } from './guarded-row-store.ts';
import { LogBody } from './log-body.ts';
import { editLog } from './log-changes.ts';
import type { LogFacts } from './log-facts.ts';
import { LogRemoval } from './log-removal.ts';
import { nodeLockFiles } from './node-lock-files.ts';
import type { RowStore } from './row-store.ts';
import { RunBuffers } from './run-buffers.ts';
import { TailCache } from './tail-cache.ts';
import { TimedRowStore } from './timed-row-store.ts';

export interface EmbeddedOptions {
  /** Made if there is none; one process holds it at a time. */
  readonly directory: string;
  readonly clock: Clock;
  /** Opens the database, when the directory is there and nobody else has it. */
  readonly openStore: (directory: string) => Promise<RowStore>;
  /** The newest rows of all logs that are kept in memory for readers at the end. */
  readonly tailBytes?: number;
  /** Where writes and syncs are timed, if they are. */
  readonly metrics?: StorageMetrics;
  readonly process?: ProcessIdentity;
}

const TAIL_BYTES = 32 * 1024 * 1024;

/** All logs of one database: the part of an engine that is the same for every one of them. */
export class EmbeddedLogStorage implements LogStorage {
  readonly location: string;
  readonly #engine: Engine;
  readonly #lock: DirectoryLock;
  readonly #removal: LogRemoval;
  readonly #bodies = new Map<string, LogBody>();
  readonly #open = new Map<string, EmbeddedLog>();
  /** What is under way for a log: opening and removing go one after the other. */
  readonly #work = new Map<string, Promise<unknown>>();
  #lastNumber = 0;
  #closed: Promise<void> | null = null;

  /** Takes the directory. Throws `locked` when a living process has it. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedLogStorage> {
    const directory = resolve(options.directory);
    try {
      await makeDirectory(directory);
      const lock = new DirectoryLock(nodeLockFiles, directory, options.process ?? thisProcess);
      lock.acquire();
      const storage = await EmbeddedLogStorage.#openWith(lock, directory, options);
      await storage.#load();
      return storage;
    } catch (error) {
      throw failedBy(error, `data directory ${directory} cannot be opened`);
    }
  }

  static async #openWith(
    lock: DirectoryLock,
    directory: string,
    options: EmbeddedOptions,
  ): Promise<EmbeddedLogStorage> {
    try {
      const { metrics } = options;
      const rows = await options.openStore(directory);
      const store = metrics === undefined ? rows : new TimedRowStore(rows, metrics);
      return new EmbeddedLogStorage(options, store, { directory, lock });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(
    { clock, tailBytes = TAIL_BYTES }: EmbeddedOptions,
    rows: RowStore,
    { directory, lock }: { directory: string; lock: DirectoryLock },
  ) {
    this.location = directory;
    this.#lock = lock;
    const store = new GuardedRowStore(rows);
    const commits = new GroupCommit(store);
    const tails = new TailCache(tailBytes);
    this.#engine = { store, clock, commits, buffers: new RunBuffers(), tails };
    this.#removal = new LogRemoval(this.#engine);
  }

  open(key: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog> {
    return this.#inTurn(idOf(key), async () => {
      const id = idOf(key);
      const body = this.#bodies.get(id) ?? this.#newBody(key);
      if (body.epoch > epoch) throw fenced(epoch);
      await this.#open.get(id)?.release(new StorageError('fenced', TAKEN_OVER), false);
      this.#open.delete(id);
      await editLog(this.#engine, { body }, changes => {
        body.epochs = continued(body.epochs, epoch, body.written.endOffset);
        changes.facts.push(body.factsAt(body.written));
      });
      this.#bodies.set(id, body);
      const checkpoint = await this.#engine.store.checkpointOf(body.number);
      const log = new EmbeddedLog(this.#engine, body, { settings, checkpoint });
      this.#open.set(id, log);
      return log;
    });
  }

  async list(): Promise<readonly StoredPartition[]> {
    this.#checkOpen();
    return [...this.#bodies].map(([id, { key, epoch, written }]) => {
      const sizeInBytes = this.#open.get(id)?.sizeInBytes ?? written.sizeInBytes;
      return { ...key, epoch, sizeInBytes };
    });
  }

  async volume(): Promise<Volume> {
    this.#checkOpen();
    return this.#engine.store.volume();
  }

  remove(key: PartitionKey): Promise<void> {
    return this.#inTurn(idOf(key), async () => {
      const id = idOf(key);
      const body = this.#bodies.get(id);
      if (body === undefined) return;
      await this.#open.get(id)?.release(new StorageError('closed', 'the log was removed'), false);
      this.#open.delete(id);
      await editLog(this.#engine, { body }, changes => {
        changes.facts.push(body.factsAt(body.written, true));
      });
      this.#bodies.delete(id);
      this.#removal.begin(body.number);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#work.values());
    await Promise.all([...this.#open.values()].map(log => log.release(closed(), true)));
    await this.#removal.stop();
    await this.#engine.commits.idle();
    try {
      await this.#engine.store.close();
    } finally {
      this.#lock.release();
    }
  }

  /** Gives up what it has when the logs cannot be known. */
  async #load(): Promise<void> {
    try {
      this.#takeOn(await this.#engine.store.facts());
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  #takeOn(logs: readonly LogFacts[]): void {
    for (const facts of logs) {
      this.#lastNumber = Math.max(this.#lastNumber, facts.log);
      if (facts.isRemoved) this.#removal.begin(facts.log);
      else this.#bodies.set(idOf(facts.key), new LogBody(facts));
    }
  }

  #newBody({ topicId, partition, topic }: PartitionKey): LogBody {
    const segment = new SegmentRoll(0, this.#engine.clock.now());
    const point = { startOffset: 0, endOffset: 0, sizeInBytes: 0, peak: NO_TIMESTAMP, segment };
    const key = { topicId, partition, topic };
    return new LogBody({ log: ++this.#lastNumber, key, isRemoved: false, epochs: [], ...point });
  }

  #checkOpen(): void {
    if (this.#closed !== null) throw closed();
  }

  async #inTurn<T>(id: string, task: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const before = this.#work.get(id) ?? Promise.resolve();
    const run = before.then(task).catch((error: unknown) => {
      throw failedBy(error, 'a log cannot be opened or removed');
    });
    const settled = run.catch(() => undefined);
    this.#work.set(id, settled);
    void settled.then(() => {
      if (this.#work.get(id) === settled) this.#work.delete(id);
    });
    return run;
  }
}

const TAKEN_OVER = 'a later writer has opened this log';

function idOf({ partition, topicId }: PartitionKey): string {
  return `${partition}.${topicId}`;
}

/** With those above it, and their names durable. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) {
    const parent = await openFile(dirname(at), 'r');
    await parent.sync().finally(() => parent.close());
  }
}

function fenced(epoch: number): StorageError {
  return new StorageError('fenced', `a writer with an epoch above ${epoch} has opened this log`);
}

function closed(): StorageError {
  return new StorageError('closed', 'the store was closed');
}
