import { join, resolve } from 'node:path';
import { continued } from '../../../domain/model/log/leader-epochs.ts';
import type { Checksum } from '../../../ports/checksum.ts';
import type { Clock } from '../../../ports/clock.ts';
import {
  StorageError,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type StoredPartition,
} from '../../../ports/log-storage.ts';
import type { Logger } from '../../../ports/logger.ts';
import { FlushSchedule, SyncSchedule } from './commit-schedules.ts';
import { Descriptors } from './descriptors.ts';
import { DirectoryLock, thisProcess, type ProcessIdentity } from './directory-lock.ts';
import type { Engine } from './engine.ts';
import { asStorageError, directorySynced, makeDirectories } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';
import { HeaderWalk } from './header-walk.ts';
import { LogRecovery } from './log-recovery.ts';
import {
  deletedName,
  directoryName,
  isDeleted,
  logId,
  parseDirectoryName,
} from './partition-names.ts';
import { readState, saveState, type PartitionState } from './partition-state.ts';
import { SegmentFilesLog } from './segment-files-log.ts';
import { SegmentIndexes } from './segment-indexes.ts';
import { StagingPool, WritePace } from './staging.ts';

export interface SegmentFilesOptions {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly checksum: Checksum;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Segment files open at once, over all logs. */
  readonly maxOpenFiles?: number;
  /** Batches below this size are gathered and written once per tick; larger ones are written as they come. */
  readonly smallBatchBytes?: number;
  /** Logs that are synced at once: more than libuv has threads would only queue up there. */
  readonly maxConcurrentSyncs?: number;
  /** A write that takes longer makes the store write in the background for a while. */
  readonly slowWriteMs?: number;
  /** Reads this close to a log's end are taken to be in the page cache, and done at once. */
  readonly hotTailBytes?: number;
  readonly process?: ProcessIdentity;
}

/** Logs as append-only segment files under one directory, which one process holds at a time. */
export class SegmentFilesLogStorage implements LogStorage {
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #lock: DirectoryLock;
  /** The directories of all logs that there are, by identity. */
  readonly #known = new Map<string, string>();
  readonly #open = new Map<string, SegmentFilesLog>();
  /** What is under way for a log: opening and removing go one after the other. */
  readonly #work = new Map<string, Promise<unknown>>();
  #closed: Promise<void> | null = null;

  /** Takes the directory, which is made if there is none. Throws `locked` when a living process has it. */
  static async open(options: SegmentFilesOptions): Promise<SegmentFilesLogStorage> {
    const { fileSystem } = options;
    const directory = resolve(options.directory);
    try {
      await makeDirectories(fileSystem, directory);
      // A process that was killed may have left logs whose names only the kernel knows.
      await directorySynced(fileSystem, directory);
      const identity = options.process ?? thisProcess;
      const lock = new DirectoryLock(fileSystem, directory, identity);
      lock.acquire();
      return new SegmentFilesLogStorage(engineOf(options), directory, lock);
    } catch (error) {
      throw asStorageError(error, `data directory ${directory} cannot be opened`);
    }
  }

  private constructor(engine: Engine, directory: string, lock: DirectoryLock) {
    this.#engine = engine;
    this.#directory = directory;
    this.#lock = lock;
    for (const name of engine.fileSystem.list(directory)) {
      const key = parseDirectoryName(name);
      if (key !== null) this.#known.set(logId(key), name);
      else if (isDeleted(name)) engine.fileSystem.remove(join(directory, name));
    }
  }

  open(key: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog> {
    return this.#inTurn(logId(key), async () => {
      const id = logId(key);
      const older = this.#open.get(id);
      if (older !== undefined) await takeOver(older, epoch);
      this.#open.delete(id);
      const directory = await this.#directoryOf(key);
      const { fileSystem } = this.#engine;
      const state = readState(fileSystem, directory) ?? newState(key);
      if ((state.epochs.at(-1)?.epoch ?? -1) > epoch) throw fenced(epoch);
      const recovered = await new LogRecovery(this.#engine, directory, state).run();
      const { recoveryPoint } = recovered;
      const startOffset = Math.max(
        state.startOffset,
        recovered.segments[0]?.baseOffset ?? recoveryPoint.offset,
      );
      const epochs = continued(state.epochs, epoch, recoveryPoint.offset);
      const opened = { ...state, startOffset, epochs, recoveryPoint };
      await saveState(fileSystem, directory, opened);
      const log = new SegmentFilesLog(this.#engine, directory, {
        settings,
        state: opened,
        recovered,
      });
      this.#open.set(id, log);
      return log;
    });
  }

  async list(): Promise<readonly StoredPartition[]> {
    if (this.#closed !== null) throw closed();
    const found: StoredPartition[] = [];
    for (const [id, name] of this.#known) {
      const directory = join(this.#directory, name);
      const epoch =
        this.#open.get(id)?.epoch ??
        readState(this.#engine.fileSystem, directory)?.epochs.at(-1)?.epoch;
      // A directory without a state was made by an open that never came back: nothing was ever in it.
      if (epoch !== undefined) found.push({ ...parseDirectoryName(name)!, epoch });
    }
    return found;
  }

  remove(key: PartitionKey): Promise<void> {
    return this.#inTurn(logId(key), async () => {
      const id = logId(key);
      const name = this.#known.get(id);
      if (name === undefined) return;
      await this.#open.get(id)?.discard(new StorageError('closed', 'the log was removed'));
      this.#open.delete(id);
      const { fileSystem } = this.#engine;
      const doomed = join(this.#directory, deletedName(name));
      fileSystem.rename(join(this.#directory, name), doomed);
      this.#known.delete(id);
      await directorySynced(fileSystem, this.#directory);
      fileSystem.remove(doomed);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#work.values());
    const refusal = closed();
    await Promise.all([...this.#open.values()].map(log => log.release(refusal, true)));
    this.#lock.release();
  }

  async #directoryOf(key: PartitionKey): Promise<string> {
    const name = this.#known.get(logId(key)) ?? directoryName(key);
    const directory = join(this.#directory, name);
    if (this.#known.has(logId(key))) return directory;
    const { fileSystem } = this.#engine;
    fileSystem.makeDirectory(directory);
    await directorySynced(fileSystem, this.#directory);
    this.#known.set(logId(key), name);
    return directory;
  }

  async #inTurn<T>(id: string, task: () => Promise<T>): Promise<T> {
    if (this.#closed !== null) throw closed();
    const before = this.#work.get(id) ?? Promise.resolve();
    const run = before.then(task).catch((error: unknown) => {
      throw asStorageError(error, 'a log cannot be opened or removed');
    });
    const settled = run.catch(() => undefined);
    this.#work.set(id, settled);
    void settled.then(() => {
      if (this.#work.get(id) === settled) this.#work.delete(id);
    });
    return run;
  }
}

async function takeOver(older: SegmentFilesLog, epoch: number): Promise<void> {
  if (older.epoch > epoch) throw fenced(epoch);
  await older.release(new StorageError('fenced', 'a later writer has opened this log'), false);
}

function engineOf(options: SegmentFilesOptions): Engine {
  const { fileSystem, checksum, clock, logger } = options;
  const descriptors = new Descriptors(fileSystem, options.maxOpenFiles ?? 1000);
  const headers = new HeaderWalk(fileSystem, descriptors);
  return {
    fileSystem,
    checksum,
    clock,
    logger,
    descriptors,
    headers,
    indexes: new SegmentIndexes(fileSystem, headers),
    staging: new StagingPool(),
    pace: new WritePace(clock, options.slowWriteMs ?? 5),
    flushes: new FlushSchedule(),
    syncs: new SyncSchedule(options.maxConcurrentSyncs ?? 4),
    smallBatchBytes: options.smallBatchBytes ?? 16 * 1024,
    hotTailBytes: options.hotTailBytes ?? 64 * 1024 * 1024,
  };
}

function newState(key: PartitionKey): PartitionState {
  const { topic, topicId, partition } = key;
  const recoveryPoint = { offset: 0, segment: 0, position: 0 };
  return { topic, topicId, partition, startOffset: 0, epochs: [], recoveryPoint };
}

function fenced(epoch: number): StorageError {
  return new StorageError('fenced', `a writer with an epoch above ${epoch} has opened this log`);
}

function closed(): StorageError {
  return new StorageError('closed', 'the store was closed');
}
