import { AssertionError, ok } from 'node:assert/strict';
import { join } from 'node:path';
import {
  continued,
  withoutPrefix,
  type EpochStart,
} from '../../../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import type { StorageError } from '../../../ports/log-storage.ts';
import { type Allocate, type LogSettings, type PartitionLog } from '../../../ports/log-storage.ts';
import { CommitPipeline, type LogEnd } from './commit-pipeline.ts';
import { handled } from './deferred.ts';
import { removeSegment, type Engine } from './engine.ts';
import { asStorageError, readWhole, replaceFile, synced } from './file-calls.ts';
import { recoveryPointAt, type RecoveredLog } from './log-recovery.ts';
import { LogReader } from './log-reader.ts';
import { LogSearch } from './log-search.ts';
import { LogSegments } from './log-segments.ts';
import { saveState, type PartitionState, type RecoveryPoint } from './partition-state.ts';
import { Segment } from './segment.ts';

const CHECKPOINT = 'checkpoint';

/** One directory of segments, open for one writer. */
export class SegmentFilesLog implements PartitionLog {
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #settings: LogSettings;
  readonly #segments: LogSegments;
  readonly #commits: CommitPipeline;
  readonly #search: LogSearch;
  readonly #reader: LogReader;
  #state: PartitionState;
  #endOffset: number;
  #checkpoint: Buffer | null;
  /** Set when the log was closed, removed, or opened by a later writer. */
  #refusal: StorageError | null = null;
  /** Bytes of segments that a failure made unreadable. */
  #abandonedBytes = 0;
  /** Truncating, trimming and saving go one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(engine: Engine, directory: string, opened: OpenedLog) {
    this.#engine = engine;
    this.#directory = directory;
    this.#settings = opened.settings;
    this.#state = opened.state;
    this.#segments = new LogSegments(opened.recovered.segments);
    this.#endOffset = opened.recovered.recoveryPoint.offset;
    this.#commits = new CommitPipeline(engine, directory, this.#end(), () => this.#abandon());
    const readable = (): LogEnd => this.#commits.readable;
    const search = (this.#search = new LogSearch(engine, this.#segments, readable));
    this.#reader = new LogReader({ engine, segments: this.#segments, search, readable });
    this.#checkpoint = readWhole(engine.fileSystem, join(directory, CHECKPOINT));
  }

  get startOffset(): number {
    return this.#state.startOffset;
  }
  get endOffset(): number {
    return this.#endOffset;
  }
  get sizeInBytes(): number {
    return this.#segments.sizeInBytes - this.#abandonedBytes;
  }
  get epochs(): readonly EpochStart[] {
    return this.#state.epochs;
  }
  get epoch(): number {
    return this.epochs.at(-1)!.epoch;
  }
  get checkpoint(): Buffer | null {
    return this.#checkpoint;
  }

  append(batch: RecordBatch): void {
    const refusal = this.#refusal ?? this.#commits.failure;
    if (refusal !== null) throw refusal;
    ok(batch.baseOffset === this.#endOffset, 'a batch is appended at the end of the log');
    ok(batch.lastOffsetDelta >= 0, 'a batch holds an offset');
    try {
      const segment = this.#segmentFor(batch);
      this.#commits.stage(segment, batch.bytes);
      segment.note(batch, batch.sizeInBytes, this.#settings.indexIntervalBytes);
      this.#endOffset = segment.endOffset;
    } catch (error) {
      this.#commits.fail(error);
    }
  }

  commit(durable: boolean): Promise<void> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    return this.#commits.commit(durable, this.#end());
  }

  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    return this.#reader.read(Math.max(offset, this.startOffset), maxBytes, allocate);
  }

  offsetFor(timestamp: number): number | Promise<number> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    try {
      return this.#search.offsetFor(timestamp, this.startOffset);
    } catch (error) {
      return handled(Promise.reject(asStorageError(error, 'a search by timestamp failed')));
    }
  }

  truncateTo(offset: number): Promise<void> {
    return this.#inTurn(async () => {
      ok(offset >= this.startOffset, 'a log is truncated within what it holds');
      await this.#commits.barrier();
      await this.#forgetCheckpoint();
      if (offset >= this.#endOffset) return;
      ok(this.#search.hasBase(offset), 'a log is truncated between batches');
      await this.#cutTo(offset);
      this.#commits.truncated(this.#end());
      await this.#save({
        epochs: continued(this.epochs, this.epoch, offset),
        recoveryPoint: this.#recoveryPointIn(this.#segments.active, offset),
      });
    });
  }

  trimBefore(offset: number): Promise<void> {
    return this.#inTurn(async () => {
      ok(offset <= this.#endOffset, 'a log is trimmed within what it holds');
      if (offset <= this.startOffset) return;
      if (offset > this.#commits.readable.offset) await this.#commits.commit(true, this.#end());
      await this.#save({ startOffset: offset, epochs: withoutPrefix(this.epochs, offset) });
      for (const segment of this.#segments.takeBelow(offset)) removeSegment(this.#engine, segment);
    });
  }

  saveCheckpoint(bytes: Buffer): Promise<void> {
    const copy = Buffer.from(bytes);
    return this.#inTurn(async () => {
      await replaceFile(this.#engine.fileSystem, this.#directory, CHECKPOINT, copy);
      this.#checkpoint = copy;
    });
  }

  /**
   * Ends this writer: from now on it refuses everything with `refusal`; commits that were asked for before are carried out.
   * What was appended but not committed is kept when a store closes, and dropped when another writer takes over.
   */
  async release(refusal: StorageError, keepsUncommitted: boolean): Promise<void> {
    this.#refusal = refusal;
    await this.#work;
    try {
      if (this.#commits.failure === null) await this.#commits.barrier();
      const end = this.#commits.failure === null ? this.#commits.committed : this.#commits.readable;
      const drops = end.offset < this.#segmentsEnd() && !keepsUncommitted;
      if (drops || this.#commits.failure !== null) await this.#cutTo(end.offset);
      if (this.#commits.failure === null) await this.#saveEnd();
    } catch (error) {
      const facts = { directory: this.#directory, error };
      this.#engine.logger.error(
        facts,
        'a log was not closed cleanly: it is checked at the next open',
      );
    } finally {
      for (const { file } of this.#segments.all) this.#engine.descriptors.forget(file);
    }
  }

  /** Ends this writer because its log is removed: nothing is saved. */
  async discard(refusal: StorageError): Promise<void> {
    this.#refusal = refusal;
    await this.#work;
    await this.#commits.barrier().catch(() => undefined);
    for (const segment of this.#segments.all) {
      this.#engine.indexes.forget(segment);
      this.#engine.descriptors.forget(segment.file);
    }
  }

  #segmentFor(batch: RecordBatch): Segment {
    const { active } = this.#segments;
    const now = this.#engine.clock.now();
    if (active !== undefined && !active.isFullFor(batch, this.#settings, now)) return active;
    const next = new Segment(this.#directory, this.#endOffset, now);
    this.#engine.descriptors.fdOf(next.file);
    this.#commits.directoryChanged();
    this.#segments.add(next);
    if (active !== undefined) void handled(this.#queue(() => this.#settle(active, next)));
    return next;
  }

  /** Makes a segment durable that was rolled, and then trusts it. */
  async #settle(rolled: Segment, next: Segment): Promise<void> {
    await this.#commits.barrier();
    if (!this.#segments.has(next) || !this.#segments.has(rolled)) return;
    await this.#engine.indexes.write(rolled);
    const { baseOffset } = next;
    await this.#save({ recoveryPoint: { offset: baseOffset, segment: baseOffset, position: 0 } });
    this.#engine.indexes.letGo(rolled);
  }

  async #lowerRecoveryPoint(offset: number): Promise<void> {
    if (this.#state.recoveryPoint.offset <= offset) return;
    const { baseOffset } = this.#segments.holding(offset)!;
    await this.#save({ recoveryPoint: { offset: baseOffset, segment: baseOffset, position: 0 } });
  }

  /** The segment of the recovery point may be gone: then the one before it is written again, from where the point was. */
  #recoveryPointIn(active: Segment | undefined, offset: number): RecoveryPoint {
    const { recoveryPoint } = this.#state;
    const isGone = recoveryPoint.segment > (active?.baseOffset ?? -1);
    return isGone ? recoveryPointAt(active, offset) : recoveryPoint;
  }

  /** Drops the batches from `offset` on, in files and in memory; durable but for the names of files that are gone. */
  async #cutTo(offset: number): Promise<void> {
    // First of all nothing at or above the offset may be trusted any more, or a crash midway would leave a gap unseen.
    await this.#lowerRecoveryPoint(offset);
    this.#reader.truncated();
    for (const segment of this.#segments.takeFrom(offset)) removeSegment(this.#engine, segment);
    const { active } = this.#segments;
    this.#endOffset = offset;
    this.#abandonedBytes = 0;
    if (active === undefined) return;
    const { indexes, descriptors, fileSystem } = this.#engine;
    const position = this.#positionIn(active, offset);
    indexes.forget(active);
    indexes.rebuild(active, position);
    await descriptors.use(active.file, fd => {
      fileSystem.truncate(fd, position);
      return synced(fileSystem, fd);
    });
  }

  #positionIn(segment: Segment, offset: number): number {
    const { readable } = this.#commits;
    // Beyond what is readable there may be less in the file than was appended, when a write has failed.
    const isEnd = readable.segment === segment && readable.offset === offset;
    if (isEnd) return readable.position;
    return this.#search.positionOf(segment, offset, segment.sizeInBytes);
  }

  async #saveEnd(): Promise<void> {
    const { active } = this.#segments;
    const point = recoveryPointAt(active, this.#segmentsEnd());
    if (isSame(point, this.#state.recoveryPoint)) return;
    if (active !== undefined) await this.#engine.indexes.write(active);
    await this.#save({ recoveryPoint: point });
  }

  async #save(change: Partial<PartitionState>): Promise<void> {
    const state = { ...this.#state, ...change };
    await saveState(this.#engine.fileSystem, this.#directory, state);
    this.#state = state;
  }

  async #forgetCheckpoint(): Promise<void> {
    if (this.#checkpoint === null) return;
    this.#engine.fileSystem.remove(join(this.#directory, CHECKPOINT));
    this.#checkpoint = null;
    await this.#save({});
  }

  #end(): LogEnd {
    const segment = this.#segments.active ?? null;
    return { segment, position: segment?.sizeInBytes ?? 0, offset: this.#endOffset };
  }

  #segmentsEnd(): number {
    return this.#segments.active?.endOffset ?? this.#endOffset;
  }

  #abandon(): void {
    const { segment, position, offset } = this.#commits.readable;
    this.#endOffset = offset;
    this.#abandonedBytes =
      segment === null ? this.#segments.sizeInBytes : this.#segments.bytesAfter(segment, position);
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    return this.#queue(task);
  }

  /** Input and output errors end the log; a caller's mistake does not. */
  #queue(task: () => Promise<void>): Promise<void> {
    const run = this.#work.then(async () => {
      if (this.#commits.failure !== null) throw this.#commits.failure;
      await task().catch((error: unknown) => {
        throw error instanceof AssertionError ? error : this.#commits.fail(error);
      });
    });
    this.#work = run.catch(() => undefined);
    return run;
  }
}

/** What opening found out. */
export interface OpenedLog {
  readonly settings: LogSettings;
  readonly state: PartitionState;
  readonly recovered: RecoveredLog;
}

function isSame(a: RecoveryPoint, b: RecoveryPoint): boolean {
  return a.offset === b.offset && a.segment === b.segment && a.position === b.position;
}
