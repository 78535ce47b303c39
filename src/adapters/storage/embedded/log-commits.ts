import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import type { LogSettings, StorageError } from '../../../ports/log-storage.ts';
import { deferred, handled } from '../shared/deferred.ts';
import type { ChangeSet } from './change-set.ts';
import type { Engine } from './engine.ts';
import type { Committing, Round } from './group-commit.ts';
import type { LogBody } from './log-body.ts';
import { LogPoint } from './log-point.ts';
import { ReadableEnd, Waiting, type Shown } from './readable-end.ts';
import type { Run } from './run.ts';
import { StagedRuns } from './staged-runs.ts';
import { LogTail } from './tail-cache.ts';

const DONE = Promise.resolve();

/** Takes the batches of one log through appended, written and durable, and answers the commits at each. */
export class LogCommits implements Committing {
  readonly tail: LogTail;
  readonly #engine: Engine;
  readonly #body: LogBody;
  readonly #staged: StagedRuns;
  /** With all that was appended. */
  readonly #appended: LogPoint;
  /** Up to the last batch for which a commit was asked. */
  readonly #committed: LogPoint;
  #waiting: Waiting | null = null;
  #isWriting = false;
  readonly #readable: ReadableEnd;
  #failure: StorageError | null = null;

  constructor(engine: Engine, body: LogBody) {
    this.#engine = engine;
    this.#body = body;
    this.tail = new LogTail(engine.tails);
    this.#staged = new StagedRuns(body.number, engine.buffers);
    this.#appended = new LogPoint(body.written);
    this.#committed = new LogPoint(body.written);
    this.#readable = new ReadableEnd(body.written.endOffset);
  }

  get appended(): LogPoint {
    return this.#appended;
  }
  /** What reads may see. */
  get readableEnd(): number {
    return this.#readable.offset;
  }
  get shown(): Shown {
    return this.#readable.shown;
  }
  get failure(): StorageError | null {
    return this.#failure;
  }

  append(batch: RecordBatch, settings: LogSettings): void {
    const point = this.#appended;
    this.#staged.append(batch, point);
    point.segment = point.segment.next(batch, settings, this.#engine.clock.now());
    point.endOffset = batch.nextOffset;
    point.sizeInBytes += batch.sizeInBytes;
    point.peak = Math.max(point.peak, batch.maxTimestamp);
    this.#engine.commits.staged(batch.sizeInBytes);
  }

  /** As the port's `commit`. */
  commit(durable: boolean): Promise<void> {
    if (this.#failure !== null) return handled(Promise.reject(this.#failure));
    const end = this.#appended.endOffset;
    if (!durable && this.#isWritten()) {
      this.#readable.offset = end;
      return DONE;
    }
    this.#committed.set(this.#appended);
    const waiting = (this.#waiting ??= new Waiting());
    const answer = durable ? (waiting.durable ??= deferred()) : (waiting.written ??= deferred());
    if (durable) waiting.durableEnd = end;
    else waiting.writtenEnd = end;
    this.#engine.commits.request(this);
    return answer.promise;
  }

  takeRound(changes: ChangeSet): Round {
    const waiting = this.#waiting ?? new Waiting();
    const point = new LogPoint(this.#committed);
    const runs = this.#staged.take(point.endOffset);
    this.#waiting = null;
    this.#isWriting = true;
    this.#readable.take(waiting);
    if (runs.length > 0) {
      changes.rows.push(...runs);
      changes.facts.push(this.#body.factsAt(point));
    }
    return {
      isDurable: waiting.durable !== null,
      written: () => this.#written(waiting, point, runs),
      synced: () => this.#synced(waiting),
      failed: error => this.#failed(waiting, error),
    };
  }

  /** Resolves when the commits that were asked for before are answered and durable; commits nothing by itself. */
  barrier(): Promise<void> {
    if (this.#failure !== null) return handled(Promise.reject(this.#failure));
    const waiting = (this.#waiting ??= new Waiting());
    const answer = (waiting.durable ??= deferred());
    this.#engine.commits.request(this);
    return answer.promise;
  }

  /** Whether a batch that waits for its write begins at an offset. */
  hasStaged(offset: number): boolean {
    return this.#staged.hasBase(offset);
  }

  /** Drops what was appended from an offset on, none of which is written, or is being written. */
  cutStaged(offset: number): void {
    const dropped = this.#staged.truncateTo(offset);
    const point = this.#appended;
    point.segment = point.segment.cutTo(offset, dropped, this.#engine.clock.now());
    point.endOffset = offset;
    point.sizeInBytes -= dropped;
    if (this.#committed.endOffset > offset) this.#committed.set(point);
    this.#cutAnswers(offset);
  }

  /** Forgets what was appended and not written: the log is now what its body says is in rows. */
  restart(): void {
    this.#forgetStaged();
    this.#cutAnswers(this.#body.written.endOffset);
    this.tail.dropFrom(this.#body.written.endOffset);
  }

  /** The log is empty from here on: its end is what readers are told. */
  showEnd(): void {
    this.#readable.offset = this.#body.written.endOffset;
  }

  /** The log got smaller below what was appended. */
  shrink(bytes: number): void {
    this.#body.written.sizeInBytes -= bytes;
    this.#committed.sizeInBytes -= bytes;
    this.#appended.sizeInBytes -= bytes;
  }

  /**
   * Takes no more: what was appended since the last commit that succeeded is dropped, and who waits for the next write is told.
   * Readers see what they saw, or what they saw at an edit that is undone, be it that the log has failed already since then.
   */
  fail(error: StorageError, shown?: Shown): void {
    if (shown !== undefined) this.#restore(shown);
    else if (this.#failure !== null) return;
    this.#failure ??= error;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#forgetStaged();
    this.#appended.endOffset = this.#readable.offset;
    waiting?.written?.reject(error);
    waiting?.durable?.reject(error);
  }

  /** Gives back what it holds in memory. */
  release(): void {
    this.#staged.discard();
    this.tail.dropFrom(-1);
  }

  /** Rows that an edit took out of the tail are there again: it begins anew, or it had a gap. */
  #restore(shown: Shown): void {
    this.#readable.restore(shown);
    this.tail.dropFrom(-1);
  }

  #forgetStaged(): void {
    this.#staged.discard();
    this.#appended.set(this.#body.written);
    this.#committed.set(this.#body.written);
  }

  #cutAnswers(offset: number): void {
    this.#waiting?.cutTo(offset);
    this.#readable.cutTo(offset);
  }

  #isWritten(): boolean {
    return this.#staged.isEmpty && this.#waiting === null && !this.#isWriting;
  }

  #written(waiting: Waiting, point: LogPoint, runs: readonly Run[]): void {
    this.#isWriting = false;
    if (runs.length > 0) {
      for (const run of runs) this.tail.add(run);
      this.#body.written.set(point);
    }
    if (waiting.written === null) return;
    this.#show(waiting.writtenEnd);
    waiting.written.resolve();
  }

  #synced(waiting: Waiting): void {
    this.#readable.answered(waiting);
    this.#show(waiting.durableEnd);
    waiting.durable?.resolve();
  }

  #failed(waiting: Waiting, error: StorageError): void {
    this.#isWriting = false;
    this.#readable.forget(waiting);
    this.fail(error);
    waiting.written?.reject(error);
    waiting.durable?.reject(error);
  }

  /** A truncation may have come between. */
  #show(end: number): void {
    const shown = Math.min(end, this.#body.written.endOffset);
    if (shown <= this.#readable.offset) return;
    this.#readable.offset = shown;
    // The log failed while this was written.
    if (this.#failure !== null) this.#appended.endOffset = shown;
  }
}
