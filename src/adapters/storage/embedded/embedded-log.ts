import { AssertionError, ok } from 'node:assert/strict';
import type { EpochStart } from '../../../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import {
  StorageError,
  type Allocate,
  type LogRewrite,
  type LogSettings,
  type PartitionLog,
  type StorageErrorCode,
} from '../../../ports/log-storage.ts';
import { handled } from '../shared/deferred.ts';
import { EmbeddedRewrite } from './embedded-rewrite.ts';
import type { Engine } from './engine.ts';
import { failedBy } from './failures.ts';
import { LogAudit } from './log-audit.ts';
import type { LogBody } from './log-body.ts';
import { LogChanges, type LogParts } from './log-changes.ts';
import { LogCommits } from './log-commits.ts';
import { LogReads } from './log-reads.ts';
import { RowSearch } from './row-search.ts';

/** One log in rows of a database, open for one writer. */
export class EmbeddedLog implements PartitionLog {
  readonly #engine: Engine;
  readonly #settings: LogSettings;
  readonly #body: LogBody;
  readonly #parts: LogParts;
  readonly #commits: LogCommits;
  readonly #reads: LogReads;
  readonly #changes: LogChanges;
  #checkpoint: Buffer | null;
  #rewrite: EmbeddedRewrite | null = null;
  /** Set when the log was closed, removed, or opened by a later writer. */
  #refusal: StorageError | null = null;
  /** Changes go one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(engine: Engine, body: LogBody, opened: OpenedLog) {
    this.#engine = engine;
    this.#settings = opened.settings;
    this.#body = body;
    this.#checkpoint = opened.checkpoint;
    const commits = (this.#commits = new LogCommits(engine, body));
    const search = new RowSearch(engine.store, body.number);
    this.#parts = { body, commits, search };
    this.#reads = new LogReads(engine.store, this.#parts);
    this.#changes = new LogChanges(engine, this.#parts);
    // A crash, or a broker that stopped, may have left rows before the start.
    this.#reclaim();
  }

  get startOffset(): number {
    return this.#body.startOffset;
  }
  get endOffset(): number {
    return this.#commits.appended.endOffset;
  }
  get sizeInBytes(): number {
    return this.#commits.appended.sizeInBytes;
  }
  get activeOffset(): number {
    return this.#commits.appended.activeOffset;
  }
  get epochs(): readonly EpochStart[] {
    return this.#body.epochs;
  }
  get checkpoint(): Buffer | null {
    return this.#checkpoint;
  }

  append(batch: RecordBatch): void {
    const refusal = this.#refusal ?? this.#commits.failure;
    if (refusal !== null) throw refusal;
    ok(batch.baseOffset >= this.endOffset, 'a batch is appended at the end of the log');
    ok(batch.lastOffsetDelta >= 0, 'a batch holds an offset');
    this.#commits.append(batch, this.#settings);
  }

  commit(durable: boolean): Promise<void> {
    if (this.#refusal !== null) return rejected(this.#refusal);
    return this.#commits.commit(durable);
  }

  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    if (this.#refusal !== null) return rejected(this.#refusal);
    return this.#reads.read(offset, maxBytes, allocate);
  }

  async offsetFor(timestamp: number): Promise<number> {
    if (this.#refusal !== null) throw this.#refusal;
    const { body } = this.#parts;
    const { rewrites } = body;
    if (rewrites % 2 === 0) {
      const found = await this.#reads.offsetFor(timestamp);
      if (body.rewrites === rewrites) return found;
    }
    // A batch may have gone from a row that was still to be looked at to one that was not.
    return this.#inTurn(() => this.#reads.offsetFor(timestamp));
  }

  offsetKeeping(bytes: number): Promise<number> {
    return this.#inTurn(() => this.#reads.offsetKeeping(bytes));
  }

  truncateTo(offset: number): Promise<void> {
    return this.#inTurn(async () => {
      ok(offset >= this.startOffset, 'a log is truncated within what it holds');
      await this.#forgetCheckpoint();
      if (offset >= this.endOffset) return;
      this.#endRewrite();
      await this.#changes.truncateTo(offset);
    });
  }

  trimBefore(offset: number): Promise<void> {
    return this.#inTurn(async () => {
      ok(offset <= this.endOffset, 'a log is trimmed within what it holds');
      if (offset <= this.startOffset) return;
      this.#endRewrite();
      if (offset > this.#commits.readableEnd) await this.#commits.commit(true);
      await this.#changes.trimBefore(offset);
      this.#reclaim();
    });
  }

  restartAt(offset: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#endRewrite();
      await this.#changes.restartAt(offset);
      this.#checkpoint = null;
    });
  }

  async rewrite(to: number): Promise<LogRewrite> {
    await this.#inTurn(async () => {
      ok(to <= this.activeOffset, 'a log is rewritten below its active segment');
      // A batch on its way to the store is neither staged nor a row.
      if (!(await this.#hasBase(to))) await this.#commits.commit(false);
      ok(await this.#hasBase(to), 'a log is rewritten up to a batch');
      this.#endRewrite();
      await this.#reclaimAll();
      const inTurn = (step: () => Promise<void>): Promise<void> => this.#inTurn(step);
      this.#rewrite = new EmbeddedRewrite(this.#engine, this.#parts, to, inTurn);
    });
    return this.#rewrite!;
  }

  async #hasBase(to: number): Promise<boolean> {
    const isKnown = to === this.endOffset || this.#commits.hasStaged(to);
    return isKnown || this.#parts.search.hasBase(to);
  }

  placeOf(offset: number): string {
    return this.#engine.store.placeOf(this.#body.number, offset);
  }

  /** In turn, so that rows go and come at the end only; what it cannot read does not end the log. */
  async audit(): Promise<readonly string[]> {
    const audit = new LogAudit(this.#engine, this.#parts, () => this.#check());
    const outcome = await this.#inTurn(() =>
      audit.run().catch((error: unknown) => failedBy(error, 'an audit failed')),
    );
    if (outcome instanceof StorageError) throw outcome;
    return outcome;
  }

  saveCheckpoint(bytes: Buffer): Promise<void> {
    const copy = Buffer.from(bytes);
    return this.#inTurn(async () => {
      await this.#storeCheckpoint(copy);
    });
  }

  /**
   * Ends this writer: from now on it refuses everything with `refusal`; commits that were asked for before are carried out.
   * What was appended without a commit is kept when a store closes, and dropped when another writer takes over.
   */
  async release(refusal: StorageError, keepsAppended: boolean): Promise<void> {
    if (this.#refusal !== null) return this.#work;
    this.#refusal = refusal;
    this.#rewrite?.end(refusal);
    await this.#work;
    const answered = keepsAppended ? this.#commits.commit(true) : this.#commits.barrier();
    await answered.catch(() => undefined);
    this.#commits.release();
  }

  async #forgetCheckpoint(): Promise<void> {
    if (this.#checkpoint !== null) await this.#storeCheckpoint(null);
  }

  async #storeCheckpoint(bytes: Buffer | null): Promise<void> {
    const { number: log } = this.#body;
    await this.#engine.commits.edit({
      make: changes => changes.checkpoints.push({ log, bytes }),
    });
    this.#checkpoint = bytes;
  }

  #endRewrite(): void {
    this.#rewrite?.end(new StorageError('closed', 'the log was changed while it was rewritten'));
    this.#rewrite = null;
  }

  /** Deletes rows before the start, a slice at a time, in turn with other changes. */
  #reclaim(): void {
    this.#inTurn(() => this.#changes.reclaim()).then(
      hasMore => hasMore && this.#reclaim(),
      () => undefined,
    );
  }

  /** As `reclaim`, to the last slice, within a turn. */
  async #reclaimAll(): Promise<void> {
    while (await this.#changes.reclaim()) this.#check();
  }

  /** A close, or a later writer, waits for no long work. */
  #check(): void {
    if (this.#refusal !== null) throw this.#refusal;
  }

  /** Errors of the database end the log; a caller's mistake does not, and a refusal comes after the commits before it. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#refusal !== null) return rejected(this.#refusal);
    const run = this.#work.then(async () => {
      const refusal = this.#refusal ?? this.#commits.failure;
      if (refusal !== null) throw refusal;
      return task().catch((error: unknown) => {
        throw this.#judged(error);
      });
    });
    this.#work = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  #judged(error: unknown): unknown {
    if (error instanceof AssertionError) return error;
    const failure = failedBy(error, 'a log could not be changed');
    if (!HARMLESS.includes(failure.code)) this.#commits.fail(failure);
    return failure;
  }
}

const HARMLESS: readonly StorageErrorCode[] = ['closed', 'fenced', 'corrupt'];

/** What opening found out. */
export interface OpenedLog {
  readonly settings: LogSettings;
  readonly checkpoint: Buffer | null;
}

/** Nobody has to wait for the answer: an ignored one must not end the process. */
function rejected(error: StorageError): Promise<never> {
  return handled(Promise.reject(error));
}
