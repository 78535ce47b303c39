import { ok } from 'node:assert/strict';
import { join } from 'node:path';
import type { EpochStart } from '../../../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import type {
  Allocate,
  LogRewrite,
  PartitionLog,
  StorageError,
  StoredPartition,
} from '../../../ports/log-storage.ts';
import { handled } from '../shared/deferred.ts';
import type { Engine } from './engine.ts';
import { asStorageError, readWhole, replaceFile } from './file-calls.ts';
import { LogAudit } from './log-audit.ts';
import { LogChanges } from './log-changes.ts';
import { LogParts, type OpenedLog } from './log-parts.ts';
import { recoveryPointAt } from './log-recovery.ts';
import type { RecoveryPoint } from './partition-state.ts';
import { Segment } from './segment.ts';

const CHECKPOINT = 'checkpoint';
const SEARCH_FAILED = 'a search in a log failed';

/** One directory of segments, open for one writer. */
export class SegmentFilesLog implements PartitionLog {
  readonly #log: LogParts;
  readonly #changes: LogChanges;
  #checkpoint: Buffer | null;
  /** Set when the log was closed, removed, or opened by a later writer. */
  #refusal: StorageError | null = null;

  constructor(engine: Engine, directory: string, opened: OpenedLog) {
    this.#log = new LogParts(engine, directory, opened);
    this.#changes = new LogChanges(this.#log);
    this.#checkpoint = readWhole(engine.fileSystem, join(directory, CHECKPOINT));
  }

  get startOffset(): number {
    return this.#log.state.saved.startOffset;
  }
  get endOffset(): number {
    return this.#log.endOffset;
  }
  get sizeInBytes(): number {
    return this.#log.sizeInBytes;
  }
  get activeOffset(): number {
    return this.#log.activeOffset;
  }
  get epochs(): readonly EpochStart[] {
    return this.#log.state.saved.epochs;
  }
  get epoch(): number {
    return this.#log.epoch;
  }
  get checkpoint(): Buffer | null {
    return this.#checkpoint;
  }
  get stored(): StoredPartition {
    const { topicId, partition, topic } = this.#log.state.saved;
    return { topicId, partition, topic, epoch: this.epoch, sizeInBytes: this.sizeInBytes };
  }

  append(batch: RecordBatch): void {
    const log = this.#log;
    const refusal = this.#refusal ?? log.commits.failure;
    if (refusal !== null) throw refusal;
    ok(batch.baseOffset >= log.endOffset, 'a batch is appended at the end of the log');
    ok(batch.lastOffsetDelta >= 0, 'a batch holds an offset');
    if (batch.baseOffset > log.endOffset) log.admitGaps();
    try {
      const segment = this.#segmentFor(batch);
      log.commits.stage(segment, batch.bytes);
      segment.note(batch, batch.sizeInBytes, log.settings.indexIntervalBytes);
      log.endOffset = segment.endOffset;
    } catch (error) {
      log.commits.fail(error);
    }
  }

  commit(durable: boolean): Promise<void> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    return this.#log.commits.commit(durable, this.#log.end);
  }

  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    return this.#log.reader.read(Math.max(offset, this.startOffset), maxBytes, allocate);
  }

  offsetFor(timestamp: number): number | Promise<number> {
    const { search } = this.#log;
    return this.#searched(
      () => search.readyForTime(timestamp),
      () => search.offsetFor(timestamp, this.startOffset),
    );
  }

  offsetKeeping(bytes: number): number | Promise<number> {
    const { search } = this.#log;
    return this.#searched(
      () => search.readyToKeep(bytes),
      () => search.offsetKeeping(bytes),
    );
  }

  truncateTo(offset: number): Promise<void> {
    return this.#change(async () => {
      ok(offset >= this.startOffset, 'a log is truncated within what it holds');
      await this.#log.commits.barrier();
      await this.#forgetCheckpoint();
      await this.#changes.truncateTo(offset);
    });
  }

  trimBefore(offset: number): Promise<void> {
    return this.#change(() => this.#changes.trimBefore(offset));
  }

  restartAt(offset: number): Promise<void> {
    return this.#change(async () => {
      await this.#log.commits.barrier();
      await this.#forgetCheckpoint();
      await this.#changes.restartAt(offset);
    });
  }

  async rewrite(to: number): Promise<LogRewrite> {
    let rewrite: LogRewrite | null = null;
    await this.#change(async () => {
      rewrite = await this.#changes.rewrite(to);
    });
    return rewrite!;
  }

  placeOf(offset: number): string {
    const { search, segments, directory } = this.#log;
    try {
      const making = search.ready(offset);
      if (making === null) {
        const { segment, position } = search.find(offset);
        return `${segment.file.path} at byte ${position}`;
      }
      void handled(making);
    } catch {
      // The file is known all the same.
    }
    const path = segments.holding(offset)?.file.path ?? directory;
    return `${path}, about offset ${offset}`;
  }

  async audit(): Promise<readonly string[]> {
    // Segments that were rolled have their indexes written before it is their turn.
    if (this.#refusal === null) await this.#changes.settled;
    if (this.#refusal !== null) throw this.#refusal;
    const { engine, segments, search } = this.#log;
    const audited = segments.all.map(segment => {
      const isActive = segment === segments.active;
      return { segment, limit: search.limitOf(segment), isActive };
    });
    try {
      return await new LogAudit(engine, segment => segments.has(segment)).run(audited);
    } catch (error) {
      throw asStorageError(error, 'the log could not be checked');
    }
  }

  saveCheckpoint(bytes: Buffer): Promise<void> {
    const copy = Buffer.from(bytes);
    return this.#change(async () => {
      const { engine, directory } = this.#log;
      await replaceFile(engine.fileSystem, directory, CHECKPOINT, copy);
      this.#checkpoint = copy;
    });
  }

  /**
   * Ends this writer: from now on it refuses everything with `refusal`; commits that were asked for before are carried out.
   * What was appended but not committed is kept when a store closes, and dropped when another writer takes over.
   */
  async release(refusal: StorageError, keepsUncommitted: boolean): Promise<void> {
    await this.#refuse(refusal);
    const { commits, segments, engine, directory, reader } = this.#log;
    try {
      if (commits.failure === null) await commits.barrier();
      await this.#log.settled();
      const end = commits.failure === null ? commits.committed : commits.readable;
      const drops = end.offset < this.#log.segmentsEnd && !keepsUncommitted;
      if (drops || commits.failure !== null) await this.#changes.cutTo(end.offset);
      if (commits.failure === null) await this.#saveEnd();
    } catch (error) {
      const message = 'a log was not closed cleanly: it is checked at the next open';
      engine.logger.error({ directory, error }, message);
    } finally {
      await this.#log.settled();
      reader.end(refusal);
      for (const { file } of segments.all) engine.descriptors.forget(file);
    }
  }

  /** Ends this writer because its log is removed: nothing is saved. */
  async discard(refusal: StorageError): Promise<void> {
    await this.#refuse(refusal);
    const { commits, segments, engine, reader } = this.#log;
    await commits.barrier().catch(() => undefined);
    await this.#log.settled();
    reader.end(refusal);
    for (const segment of segments.all) {
      engine.indexes.forget(segment);
      engine.descriptors.forget(segment.file);
    }
  }

  async #refuse(refusal: StorageError): Promise<void> {
    this.#refusal = refusal;
    this.#changes.endRewrite(refusal);
    await this.#changes.settled;
    // One that was asked for before may have begun meanwhile.
    this.#changes.endRewrite(refusal);
  }

  #segmentFor(batch: RecordBatch): Segment {
    const { engine, segments, settings, commits, directory, endOffset } = this.#log;
    const { active } = segments;
    const now = engine.clock.now();
    const isFull = active?.isFullFor(batch, settings, now) ?? true;
    if (!isFull && active!.canIndex(batch)) return active!;
    // A name that goes on where the last segment ends tells a recovery that none is missing between them.
    const following = new Segment(directory, endOffset, now);
    const isNear = following.canIndex(batch);
    const next = isNear ? following : new Segment(directory, batch.baseOffset, now);
    engine.descriptors.make(next.file);
    commits.directoryChanged();
    segments.add(next);
    if (active === undefined) return next;
    active.endOffset = next.baseOffset;
    void handled(this.#changes.inTurn(() => this.#changes.settle(active, next)));
    return next;
  }

  async #saveEnd(): Promise<void> {
    const { engine, segments, segmentsEnd, state } = this.#log;
    const { active } = segments;
    const point = recoveryPointAt(active, segmentsEnd);
    if (isSame(point, state.saved.recoveryPoint)) return;
    if (active !== undefined) await engine.indexes.write(active);
    await state.save({ recoveryPoint: point });
  }

  async #forgetCheckpoint(): Promise<void> {
    if (this.#checkpoint === null) return;
    const { engine, directory, state } = this.#log;
    engine.fileSystem.remove(join(directory, CHECKPOINT));
    this.#checkpoint = null;
    await state.save({});
  }

  #searched(ready: () => Promise<void> | null, search: () => number): number | Promise<number> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    try {
      const making = ready();
      return making === null ? search() : this.#searchedLater(making, search);
    } catch (error) {
      return handled(Promise.reject(asStorageError(error, SEARCH_FAILED)));
    }
  }

  async #searchedLater(ready: Promise<void>, search: () => number): Promise<number> {
    try {
      await ready;
      if (this.#refusal !== null) throw this.#refusal;
      return search();
    } catch (error) {
      throw asStorageError(error, SEARCH_FAILED);
    }
  }

  #change(task: () => Promise<void>): Promise<void> {
    if (this.#refusal !== null) return handled(Promise.reject(this.#refusal));
    return this.#changes.inTurn(task);
  }
}

function isSame(a: RecoveryPoint, b: RecoveryPoint): boolean {
  return a.offset === b.offset && a.segment === b.segment && a.position === b.position;
}
