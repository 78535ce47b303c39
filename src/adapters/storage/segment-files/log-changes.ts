import { AssertionError, ok } from 'node:assert/strict';
import { continued, withoutPrefix } from '../../../domain/model/log/leader-epochs.ts';
import { StorageError, type LogRewrite } from '../../../ports/log-storage.ts';
import { removeSegment } from './engine.ts';
import { directorySynced, synced } from './file-calls.ts';
import type { LogParts } from './log-parts.ts';
import { recoveryPointAt } from './log-recovery.ts';
import type { RecoveryPoint } from './partition-state.ts';
import { SegmentRewrite } from './segment-rewrite.ts';
import type { Segment } from './segment.ts';

/** Whatever changes a log but appends: one after the other, each as a crash may leave it. */
export class LogChanges {
  readonly #log: LogParts;
  #rewrite: SegmentRewrite | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(log: LogParts) {
    this.#log = log;
  }

  /** Resolves when all that was asked for is done, or has failed. */
  get settled(): Promise<void> {
    return this.#work;
  }

  /** Does a thing in its turn. Input and output errors end the log; a caller's mistake does not. */
  inTurn(task: () => Promise<void>): Promise<void> {
    const { commits } = this.#log;
    const run = this.#work.then(async () => {
      if (commits.failure !== null) throw commits.failure;
      await task().catch((error: unknown) => {
        throw error instanceof AssertionError ? error : commits.fail(error);
      });
    });
    this.#work = run.catch(() => undefined);
    return run;
  }

  /** Makes a segment durable that was rolled, and then trusts it. */
  async settle(rolled: Segment, next: Segment): Promise<void> {
    const { commits, segments, engine, state } = this.#log;
    await commits.barrier();
    if (!segments.has(next) || !segments.has(rolled)) return;
    await engine.indexes.write(rolled);
    await state.save({ recoveryPoint: beginningOf(next) });
    engine.indexes.letGo(rolled);
  }

  async truncateTo(offset: number): Promise<void> {
    const { search, state } = this.#log;
    if (offset >= this.#log.endOffset) return;
    await this.#readyAt(offset);
    ok(search.hasBase(offset), 'a log is truncated between batches');
    this.endRewrite();
    // The end may lie after the last batch that is kept, which nothing else would tell.
    await state.save({ recoveryPoint: this.#pointAt(offset) });
    await this.cutTo(offset);
    await state.save({ epochs: continued(state.saved.epochs, this.#log.epoch, offset) });
  }

  async trimBefore(offset: number): Promise<void> {
    const { commits, segments, engine, state } = this.#log;
    ok(offset <= this.#log.endOffset, 'a log is trimmed within what it holds');
    if (offset <= state.saved.startOffset) return;
    this.endRewrite();
    if (offset > commits.readable.offset) await commits.commit(true, this.#log.end);
    const epochs = withoutPrefix(state.saved.epochs, offset);
    await state.save({ startOffset: offset, epochs });
    for (const segment of segments.takeBelow(offset)) removeSegment(engine, segment);
  }

  /** First everything is dropped, and then the log is moved: in between a crash leaves it empty, where it ended. */
  async restartAt(offset: number): Promise<void> {
    const { commits, reader, segments, engine, directory } = this.#log;
    this.endRewrite();
    await this.#saveEmptyAt(this.#log.endOffset);
    reader.truncated();
    for (const segment of segments.takeFrom(0)) removeSegment(engine, segment);
    this.#log.endOffset = offset;
    commits.restarted(this.#log.end);
    await directorySynced(engine.fileSystem, directory);
    await this.#saveEmptyAt(offset);
  }

  async rewrite(to: number): Promise<LogRewrite> {
    const { commits, segments, state } = this.#log;
    ok(to <= this.#log.activeOffset, 'a log is rewritten below its active segment');
    this.endRewrite();
    // All that lies before the active segment is then readable, durable, and trusted by a recovery.
    const { active } = segments;
    if (commits.readable.segment !== (active ?? null)) await commits.commit(true, this.#log.end);
    // What is readable may be written alone: the segments before may still wait for their `settle`.
    else await commits.barrier();
    this.#log.admitGaps();
    const { recoveryPoint: point } = state.saved;
    const isTrusted = active === undefined || point.segment >= active.baseOffset;
    await state.save({ hasGaps: true, recoveryPoint: isTrusted ? point : beginningOf(active) });
    return (this.#rewrite = this.#rewriteTo(to));
  }

  /** What is not in place yet of a rewrite is dropped. */
  endRewrite(refusal?: StorageError): void {
    const changed = 'the log was changed while it was rewritten';
    this.#rewrite?.end(refusal ?? new StorageError('closed', changed));
    this.#rewrite = null;
  }

  /** Drops the batches from `offset` on, in files and in memory; durable but for the names of files that are gone. */
  async cutTo(offset: number): Promise<void> {
    const { commits, segments, engine, reader } = this.#log;
    await this.#readyAt(offset);
    // First of all nothing at or above the offset may be trusted any more, or a crash midway would leave a gap unseen.
    await this.#lowerRecoveryPoint(offset);
    reader.truncated();
    for (const segment of segments.takeFrom(offset)) removeSegment(engine, segment);
    const { active } = segments;
    if (active !== undefined) {
      engine.indexes.cut(active, {
        sizeInBytes: this.#positionIn(active, offset),
        endOffset: offset,
      });
    }
    this.#log.endOffset = offset;
    this.#log.abandonedBytes = 0;
    // Before anything is waited for: reads would find no segment for what is gone.
    commits.truncated(this.#log.end);
    if (active !== undefined) await this.#cutFile(active);
  }

  async #cutFile({ file, sizeInBytes }: Segment): Promise<void> {
    const { descriptors, fileSystem } = this.#log.engine;
    await descriptors.use(file, fd => {
      fileSystem.truncate(fd, sizeInBytes);
      return synced(fileSystem, fd);
    });
  }

  /** Looking for a place where a batch begins takes no long walk after this. */
  async #readyAt(offset: number): Promise<void> {
    const { segments, engine, search } = this.#log;
    await search.ready(offset);
    const before = segments.lastBelow(offset);
    if (before !== undefined) await engine.indexes.ready(before);
  }

  async #lowerRecoveryPoint(offset: number): Promise<void> {
    const { state, segments } = this.#log;
    if (state.saved.recoveryPoint.offset <= offset) return;
    await state.save({ recoveryPoint: beginningOf(segments.holding(offset)!) });
  }

  /** Where a batch begins, in the words of a recovery point; all before it must be on disk. */
  #pointAt(offset: number): RecoveryPoint {
    const before = this.#log.segments.lastBelow(offset);
    if (before === undefined) return recoveryPointAt(undefined, offset);
    const position = this.#log.search.positionOf(before, offset, before.sizeInBytes);
    return { offset, segment: before.baseOffset, position };
  }

  #positionIn(segment: Segment, offset: number): number {
    const { readable } = this.#log.commits;
    // Beyond what is readable there may be less in the file than was appended, when a write has failed.
    const isEnd = readable.segment === segment && readable.offset === offset;
    if (isEnd) return readable.position;
    return this.#log.search.positionOf(segment, offset, segment.sizeInBytes);
  }

  #saveEmptyAt(offset: number): Promise<void> {
    const epochs = [{ epoch: this.#log.epoch, startOffset: offset }];
    const recoveryPoint = recoveryPointAt(undefined, offset);
    return this.#log.state.save({ startOffset: offset, epochs, recoveryPoint });
  }

  #rewriteTo(to: number): SegmentRewrite {
    const { engine, segments, settings, search } = this.#log;
    return new SegmentRewrite({
      engine,
      segments: segments.all.filter(segment => segment.baseOffset < to),
      to,
      indexIntervalBytes: () => settings.indexIntervalBytes,
      positionOf: async (segment, offset) => {
        await engine.indexes.ready(segment);
        return search.positionOf(segment, offset, segment.sizeInBytes);
      },
      inTurn: task => this.#rewriting(task),
      replace: (old, fresh) => this.#replace(old, fresh),
    });
  }

  /** What goes wrong here is an end of the rewrite alone. */
  async #rewriting(task: () => Promise<void>): Promise<void> {
    let failure: unknown = null;
    await this.inTurn(() => task().catch((error: unknown) => void (failure = error)));
    if (failure !== null) throw failure as Error;
  }

  #replace(old: Segment, fresh: Segment | null): void {
    const { engine, segments, reader } = this.#log;
    segments.replace(old, fresh);
    reader.rewritten();
    if (fresh === null) return removeSegment(engine, old);
    fresh.endOffset = old.endOffset;
    engine.indexes.forget(old);
    engine.descriptors.forgetNameless(old.file);
  }
}

function beginningOf({ baseOffset }: Segment): RecoveryPoint {
  return { offset: baseOffset, segment: baseOffset, position: 0 };
}
