import type { StorageError } from '../../../ports/log-storage.ts';
import type { Committing } from './commit-schedules.ts';
import { deferred, handled, type Deferred } from '../shared/deferred.ts';
import type { Engine } from './engine.ts';
import { asStorageError, directorySynced, synced } from './file-calls.ts';
import { LogWriter } from './log-writer.ts';
import type { Segment } from './segment.ts';

/** A place between two batches of a log; `segment` is null while the log has none. */
export interface LogEnd {
  readonly segment: Segment | null;
  readonly position: number;
  readonly offset: number;
}

/** The commits of one log that one flush answers: those that wait for the write, and those that wait for the disk. */
interface CommitRound {
  written: Deferred | null;
  writtenEnd: LogEnd | null;
  durable: Deferred | null;
  durableEnd: LogEnd | null;
}

const DONE = Promise.resolve();

/**
 * Takes the bytes of one log through staged, written and durable, and answers the commits at each. A failed write or sync is
 * the end of it: it is never retried, since the kernel may have dropped the pages and would report a success that is none.
 */
export class CommitPipeline implements Committing {
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #writer: LogWriter;
  readonly #onFailure: () => void;
  /** Commits that wait for the next flush. */
  #next: CommitRound | null = null;
  #isFlushing = false;
  /** Rounds that are written and wait for the next sync. */
  #toSync: CommitRound[] = [];
  #synced: Promise<void> = DONE;
  #directoryChanged = false;
  /** What has to be saved elsewhere before any commit is answered. */
  #needed: Promise<void> | null = null;
  #failure: StorageError | null = null;
  /** What reads may see. */
  #readable: LogEnd;
  /** How far commits have been asked for. */
  #committed: LogEnd;

  constructor(engine: Engine, directory: string, start: LogEnd, onFailure: () => void) {
    this.#engine = engine;
    this.#directory = directory;
    this.#readable = start;
    this.#committed = start;
    this.#writer = new LogWriter(engine);
    this.#onFailure = onFailure;
  }

  get readable(): LogEnd {
    return this.#readable;
  }
  get committed(): LogEnd {
    return this.#committed;
  }
  get failure(): StorageError | null {
    return this.#failure;
  }

  /** Takes bytes for the end of a segment; throws system errors. */
  stage(segment: Segment, bytes: Buffer): void {
    this.#writer.add(segment, bytes);
  }

  /** A file was made: its name has to be durable before its bytes are called so. */
  directoryChanged(): void {
    this.#directoryChanged = true;
  }

  /** No commit is answered before this is done; it is no part of any. */
  needs(saving: Promise<void>): void {
    const needed: Promise<void> = handled(saving.then(() => this.#isDone(needed)));
    this.#needed = needed;
  }

  /** As the port's `commit`, up to `end`. */
  commit(durable: boolean, end: LogEnd): Promise<void> {
    if (this.#failure !== null) return handled(Promise.reject(this.#failure));
    this.#committed = end;
    if (!durable && this.#isWritten()) {
      this.#readable = end;
      return DONE;
    }
    const round = this.#nextRound();
    if (durable) {
      round.durableEnd = end;
      return (round.durable ??= deferred()).promise;
    }
    round.writtenEnd = end;
    return (round.written ??= deferred()).promise;
  }

  /** Resolves when all that is staged is durable; commits nothing by itself. */
  barrier(): Promise<void> {
    if (this.#failure !== null) return handled(Promise.reject(this.#failure));
    return (this.#nextRound().durable ??= deferred()).promise;
  }

  /** Resolves when no write and no sync is under way; after a failure, or a barrier, none begins any more. */
  async settled(): Promise<void> {
    await this.#writer.written;
    await this.#synced;
  }

  /** The log is empty and begins at `end`, which may be anywhere; nothing is on its way. */
  restarted(end: LogEnd): void {
    this.#readable = end;
    this.#committed = end;
  }

  /** The log now ends at `end`, and nothing is on its way. */
  truncated(end: LogEnd): void {
    if (this.#readable.offset > end.offset) this.#readable = end;
    if (this.#committed.offset > end.offset) this.#committed = end;
  }

  flush(): void {
    if (this.#isFlushing || this.#next === null) return;
    const round = this.#next;
    this.#next = null;
    this.#isFlushing = true;
    this.#writer.writeOut(error => {
      this.#isFlushing = false;
      if (error) this.fail(error);
      this.#whenSaved(round);
      if (this.#next !== null) this.#engine.flushes.request(this);
    });
  }

  sync(done: () => void): void {
    const rounds = this.#toSync;
    this.#toSync = [];
    this.#synced = this.#syncFiles()
      .catch((error: unknown) => void this.fail(error))
      .then(() => rounds.forEach(round => this.#durable(round)))
      .finally(done);
  }

  /** Takes no more: answers all that wait, now and later, with one error. Gives that error. */
  fail(error: unknown): StorageError {
    if (this.#failure !== null) return this.#failure;
    this.#failure = asStorageError(error, `the log in ${this.#directory} has failed`);
    this.#writer.discard();
    const rounds = [...this.#toSync];
    if (this.#next !== null) rounds.push(this.#next);
    this.#toSync = [];
    this.#next = null;
    for (const round of rounds) rejectRound(round, this.#failure);
    this.#onFailure();
    return this.#failure;
  }

  #isWritten(): boolean {
    const isIdle = this.#needed === null && this.#writer.isIdle;
    return isIdle && this.#next === null && !this.#isFlushing;
  }

  #nextRound(): CommitRound {
    if (this.#next === null) {
      this.#next = { written: null, writtenEnd: null, durable: null, durableEnd: null };
      this.#engine.flushes.request(this);
    }
    return this.#next;
  }

  #isDone(needed: Promise<void>): void {
    if (this.#needed === needed) this.#needed = null;
  }

  #whenSaved(round: CommitRound): void {
    if (this.#needed === null) return this.#written(round);
    void this.#needed.catch((error: unknown) => this.fail(error)).then(() => this.#written(round));
  }

  #written(round: CommitRound): void {
    if (this.#failure !== null) return rejectRound(round, this.#failure);
    this.#show(round.writtenEnd);
    round.written?.resolve();
    if (round.durable === null) return;
    this.#toSync.push(round);
    this.#engine.syncs.request(this);
  }

  #durable(round: CommitRound): void {
    if (this.#failure !== null) return rejectRound(round, this.#failure);
    this.#show(round.durableEnd);
    round.durable?.resolve();
  }

  #show(end: LogEnd | null): void {
    if (end !== null && end.offset >= this.#readable.offset) this.#readable = end;
  }

  async #syncFiles(): Promise<void> {
    const { descriptors, fileSystem } = this.#engine;
    for (const { file } of this.#failure === null ? this.#writer.takeUnsynced() : []) {
      // What was trimmed away meanwhile need not be on disk.
      if (file.forgotten) continue;
      await descriptors.use(file, fd => synced(fileSystem, fd));
      if (this.#failure !== null) return;
    }
    if (!this.#directoryChanged || this.#failure !== null) return;
    this.#directoryChanged = false;
    await directorySynced(fileSystem, this.#directory);
  }
}

function rejectRound(round: CommitRound, error: StorageError): void {
  round.written?.reject(error);
  round.durable?.reject(error);
}
