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
  type Volume,
} from '../../../ports/log-storage.ts';
import type { Logger } from '../../../ports/logger.ts';
import { thisBoot } from '../shared/boot.ts';
import { FlushSchedule, SyncSchedule } from './commit-schedules.ts';
import { Descriptors } from './descriptors.ts';
import { DirectoryLock, thisProcess, type ProcessIdentity } from '../shared/directory-lock.ts';
import type { Engine } from './engine.ts';
import { asStorageError, directorySynced, makeDirectories, removed } from './file-calls.ts';
import type { FileSystem } from './file-system.ts';
import { HeaderWalk } from './header-walk.ts';
import { LogRecovery } from './log-recovery.ts';
import {
  deletedName,
  directoryName,
  isDeleted,
  logId,
  parseDirectoryName,
  baseOffsetOf,
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
  /** Which start of the machine this is; null where it cannot be told. */
  readonly boot?: string | null;
}

/** Logs that are looked up on the disk before others have their turn. */
const LISTED_AT_ONCE = 100;

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
      return await SegmentFilesLogStorage.#locked(options, directory, lock);
    } catch (error) {
      throw asStorageError(error, `data directory ${directory} cannot be opened`);
    }
  }

  static async #locked(
    options: SegmentFilesOptions,
    directory: string,
    lock: DirectoryLock,
  ): Promise<SegmentFilesLogStorage> {
    const { fileSystem } = options;
    try {
      for (const name of fileSystem.list(directory).filter(isDeleted)) {
        await removed(fileSystem, join(directory, name));
      }
      return new SegmentFilesLogStorage(engineOf(options), directory, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(engine: Engine, directory: string, lock: DirectoryLock) {
    this.#engine = engine;
    this.#directory = directory;
    this.#lock = lock;
    for (const name of engine.fileSystem.list(directory)) {
      const key = parseDirectoryName(name);
      if (key !== null) this.#known.set(logId(key), name);
    }
  }

  get location(): string {
    return this.#directory;
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
      const { recoveryPoint, hasGaps } = recovered;
      const first = recovered.segments[0]?.baseOffset ?? recoveryPoint.offset;
      const startOffset = hasGaps ? state.startOffset : Math.max(state.startOffset, first);
      const epochs = continued(state.epochs, epoch, recoveryPoint.offset);
      const { boot } = this.#engine;
      const opened = { ...state, startOffset, epochs, recoveryPoint, hasGaps, boot };
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
    let looked = 0;
    for (const [id, name] of [...this.#known]) {
      const log = this.#open.get(id);
      const stored = log?.stored ?? this.#storedIn(name);
      if (stored !== null) found.push(stored);
      if (log !== undefined) continue;
      looked += 1;
      if (looked % LISTED_AT_ONCE === 0) await new Promise(setImmediate);
    }
    return found;
  }

  async volume(): Promise<Volume> {
    if (this.#closed !== null) throw closed();
    return this.#engine.fileSystem.volumeOf(this.#directory);
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
      await removed(fileSystem, doomed);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Null for a directory that was made by an open that never came back, or is gone: nothing is in it. */
  #storedIn(name: string): StoredPartition | null {
    const { fileSystem } = this.#engine;
    const directory = join(this.#directory, name);
    if (fileSystem.sizeOf(directory) === null) return null;
    const state = readState(fileSystem, directory);
    const epoch = state?.epochs.at(-1)?.epoch;
    if (state === null || epoch === undefined) return null;
    const { topicId, partition, topic } = state;
    return { topicId, partition, topic, epoch, sizeInBytes: bytesIn(fileSystem, directory) };
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

/** What the segments in a directory take. */
function bytesIn(fileSystem: FileSystem, directory: string): number {
  const logs = fileSystem.list(directory).filter(name => baseOffsetOf(name) !== null);
  return logs.reduce((sum, name) => sum + (fileSystem.sizeOf(join(directory, name)) ?? 0), 0);
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
    boot: options.boot === undefined ? thisBoot() : options.boot,
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
