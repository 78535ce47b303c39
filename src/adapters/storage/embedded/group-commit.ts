import type { StorageError } from '../../../ports/log-storage.ts';
import { deferred, handled, type Deferred } from '../shared/deferred.ts';
import { ChangeSet } from './change-set.ts';
import { failedBy } from './failures.ts';
import { after, type Later } from './later.ts';
import type { RowStore } from './row-store.ts';

/** What one write carries out for somebody, who is told of each step or of the failure. */
export interface Round {
  readonly isDurable: boolean;
  written(): void;
  synced(): void;
  failed(error: StorageError): void;
}

/** Takes part in the next write. */
export interface Committing {
  /** Adds what is to be written, and says who waits for it. */
  takeRound(changes: ChangeSet): Round;
}

/** A change that is worked out when it is about to be written, at a moment when no write is under way. */
export interface Edit {
  /** Adds what is to be written; what it throws, before it has changed anything, rejects this edit alone. */
  make(changes: ChangeSet): void;
  /**
   * Called when the write failed, before anything else is told of that. The database may have carried it out nevertheless, and
   * failed afterwards: what counts is that nobody was told so, and what is known is what it was.
   */
  undo?(error: StorageError): void;
}

interface AskedEdit {
  readonly edit: Edit;
  readonly done: Deferred;
}

/** Bytes that are written without waiting for the end of the tick: while they are in the processor's cache. */
const SOON_BYTES = 512 * 1024;
/**
 * No second log is added to a write that weighs so much, and no more is written in a turn of the event loop: databases write on
 * its thread.
 */
const TURN_BYTES = 2 * 1024 * 1024;
/** No edit is added to a write that weighs so much: there may always be more of them than a write takes. */
const EDITS_BYTES = TURN_BYTES / 2;

/**
 * Gathers the commits and the edits of all logs into one write at a time: once per turn of the event loop, at once when much is
 * staged. What is too much for one write comes in those of the next turns; the commits of one log are never divided, and each
 * write has room for edits and for commits. Syncs run beside the writes that follow. A failed write ends the logs in it; a
 * failed sync ends the store, since what a disk has lost of earlier writes is not known then.
 */
export class GroupCommit {
  readonly #store: RowStore;
  #waiting = new Set<Committing>();
  #edits: AskedEdit[] = [];
  #isScheduled = false;
  #isWriting = false;
  #toSync: Round[] = [];
  #isSyncing = false;
  #failure: StorageError | null = null;
  #whenIdle: Deferred | null = null;
  #stagedBytes = 0;
  /** Bytes that were written at once in this turn. */
  #soonBytes = 0;

  constructor(store: RowStore) {
    this.#store = store;
  }

  /** The reason why nothing is taken any more. */
  get failure(): StorageError | null {
    return this.#failure;
  }

  /** Bytes that wait for a write; they are counted from zero after each. */
  staged(bytes: number): void {
    this.#stagedBytes += bytes;
  }

  request(log: Committing): void {
    this.#waiting.add(log);
    const isMuch = this.#stagedBytes >= SOON_BYTES && this.#soonBytes < TURN_BYTES;
    if (isMuch && !this.#isWriting) {
      this.#soonBytes += this.#stagedBytes;
      this.#write();
    }
    this.#schedule();
  }

  /** Resolves when what the edit changes is durable. */
  edit(edit: Edit): Promise<void> {
    if (this.#failure !== null) return handled(Promise.reject(this.#failure));
    const done = deferred();
    this.#edits.push({ edit, done });
    this.#schedule();
    return done.promise;
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return (this.#whenIdle ??= deferred()).promise;
  }

  #isIdle(): boolean {
    const isWaiting = this.#waiting.size > 0 || this.#edits.length > 0 || this.#toSync.length > 0;
    return !isWaiting && !this.#isWriting && !this.#isSyncing;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#soonBytes = 0;
      if (!this.#isWriting) this.#write();
    });
  }

  #write(): void {
    const changes = new ChangeSet();
    const rounds = this.#rounds(changes);
    if (rounds.length === 0) return this.#settle();
    if (this.#failure !== null) return this.#written(rounds, this.#failure);
    this.#isWriting = true;
    const isDurable = rounds.some(round => round.isDurable);
    try {
      const write = changes.isEmpty ? undefined : this.#store.write(changes, isDurable);
      if (write === undefined) return this.#written(rounds, null);
      write.then(
        () => this.#written(rounds, null),
        (error: unknown) => this.#written(rounds, failedBy(error, 'a write failed')),
      );
    } catch (error) {
      this.#written(rounds, failedBy(error, 'a write failed'));
    }
  }

  /**
   * Edits come first: those of a log are undone before its commits fail. One that has to wait for a later write may come after
   * commits of its log that were asked for later, since it is worked out only then.
   */
  #rounds(changes: ChangeSet): Round[] {
    const rounds: Round[] = [];
    this.#stagedBytes = 0;
    this.#makeEdits(changes, rounds);
    this.#takeLogs(changes, rounds);
    return rounds;
  }

  #makeEdits(changes: ChangeSet, rounds: Round[]): void {
    const edits = this.#edits;
    this.#edits = [];
    for (const asked of edits) {
      if (changes.weight >= EDITS_BYTES) this.#edits.push(asked);
      else this.#make(asked, changes, rounds);
    }
  }

  /** One at least, whatever the edits weigh. */
  #takeLogs(changes: ChangeSet, rounds: Round[]): void {
    const logs = this.#waiting;
    this.#waiting = new Set();
    let isFirst = true;
    for (const log of logs) {
      if (!isFirst && changes.weight >= TURN_BYTES) this.#waiting.add(log);
      else rounds.push(log.takeRound(changes));
      isFirst = false;
    }
  }

  #make({ edit, done }: AskedEdit, changes: ChangeSet, rounds: Round[]): void {
    try {
      edit.make(changes);
      rounds.push(editRound(edit, done));
    } catch (error) {
      done.reject(error as Error);
    }
  }

  #written(rounds: readonly Round[], error: StorageError | null): void {
    this.#isWriting = false;
    for (const round of rounds) {
      if (error !== null) round.failed(error);
      else {
        round.written();
        if (round.isDurable) this.#toSync.push(round);
      }
    }
    this.#sync();
    if (this.#waiting.size > 0 || this.#edits.length > 0) this.#schedule();
    this.#settle();
  }

  #sync(): void {
    if (this.#isSyncing || this.#toSync.length === 0) return;
    const rounds = this.#toSync;
    this.#toSync = [];
    this.#isSyncing = true;
    const fail = (error: unknown): void => {
      this.#failure ??= failedBy(error, 'the store could not be made durable');
      this.#synced(rounds);
    };
    try {
      const sync: Later<void> = after(this.#store.sync(), () => this.#synced(rounds));
      if (sync instanceof Promise) sync.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #synced(rounds: readonly Round[]): void {
    this.#isSyncing = false;
    for (const round of rounds) {
      if (this.#failure === null) round.synced();
      else round.failed(this.#failure);
    }
    this.#sync();
    this.#settle();
  }

  #settle(): void {
    if (this.#whenIdle === null || !this.#isIdle()) return;
    this.#whenIdle.resolve();
    this.#whenIdle = null;
  }
}

/** A failed sync undoes nothing: what was written is what reads see. */
function editRound(edit: Edit, done: Deferred): Round {
  let isWritten = false;
  return {
    isDurable: true,
    written: () => {
      isWritten = true;
    },
    synced: () => done.resolve(),
    failed: error => {
      if (!isWritten) edit.undo?.(error);
      done.reject(error);
    },
  };
}
