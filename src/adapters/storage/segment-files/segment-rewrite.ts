import { ok } from 'node:assert/strict';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { StorageError, type LogRewrite } from '../../../ports/log-storage.ts';
import { asStorageError, directorySynced } from './file-calls.ts';
import { CleanedSegment } from './cleaned-segment.ts';
import type { Engine } from './engine.ts';
import type { Segment } from './segment.ts';

/** What a rewrite asks of its log. */
export interface RewrittenLog {
  readonly engine: Engine;
  /** Segments with batches below `to`, ascending. */
  readonly segments: readonly Segment[];
  readonly to: number;
  readonly indexIntervalBytes: () => number;
  /** Where the batch lies from which on a segment stays as it is. */
  readonly positionOf: (segment: Segment, offset: number) => Promise<number>;
  /** Does a thing between other changes of the log; its failure is not the log's. */
  readonly inTurn: (task: () => Promise<void>) => Promise<void>;
  /** A segment has been written anew, or is gone. */
  readonly replace: (old: Segment, fresh: Segment | null) => void;
}

/** Writes a log anew, segment by segment; each is put in place as soon as it is complete. */
export class SegmentRewrite implements LogRewrite {
  readonly #log: RewrittenLog;
  #at = 0;
  #cleaned: CleanedSegment | null = null;
  #nextOffset = 0;
  #ended: StorageError | null = null;

  constructor(log: RewrittenLog) {
    this.#log = log;
  }

  keep(batch: RecordBatch): void | Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    ok(batch.baseOffset >= this.#nextOffset, 'batches are kept in ascending order');
    ok(batch.nextOffset <= this.#log.to, 'what lies beyond is not rewritten');
    this.#nextOffset = batch.nextOffset;
    const holds = batch.baseOffset < (this.#log.segments[this.#at]?.endOffset ?? 0);
    if (!holds) return this.#keepLater(batch);
    const writing = this.#current().add(batch, this.#log.indexIntervalBytes());
    return writing === undefined ? undefined : this.#unlessEnded(writing);
  }

  async finish(): Promise<void> {
    await this.#upTo(Infinity);
    const { engine, segments } = this.#log;
    if (segments.length > 0) {
      await this.#unlessEnded(directorySynced(engine.fileSystem, segments[0]!.directory));
    }
    this.end(over());
  }

  async abandon(): Promise<void> {
    this.end(over());
  }

  /** Everything later is refused with `refusal`, and what is not in place is gone. */
  end(refusal: StorageError): void {
    this.#ended ??= refusal;
    this.#cleaned?.discard();
    this.#cleaned = null;
  }

  async #keepLater(batch: RecordBatch): Promise<void> {
    await this.#upTo(batch.baseOffset);
    ok(this.#at < this.#log.segments.length, 'a batch that is kept is one of the log');
    await this.#unlessEnded(this.#current().add(batch, this.#log.indexIntervalBytes()));
  }

  /** Puts all segments in place that end at or below an offset. */
  async #upTo(offset: number): Promise<void> {
    const { segments } = this.#log;
    while (this.#at < segments.length && segments[this.#at]!.endOffset <= offset) {
      await this.#unlessEnded(this.#putInPlace(segments[this.#at]!));
      this.#at += 1;
    }
    if (this.#ended !== null) throw this.#ended;
  }

  #current(): CleanedSegment {
    return (this.#cleaned ??= new CleanedSegment(this.#log.engine, this.#log.segments[this.#at]!));
  }

  async #putInPlace(old: Segment): Promise<void> {
    const { to, positionOf, inTurn, replace } = this.#log;
    this.#refuseIfEnded();
    if (old.endOffset > to) {
      const position = await positionOf(old, to);
      this.#refuseIfEnded();
      await this.#current().takeTail(position);
    }
    await this.#cleaned?.complete();
    await inTurn(async () => {
      if (this.#ended !== null) throw this.#ended;
      const cleaned = this.#cleaned;
      this.#cleaned = null;
      if (cleaned === null) return replace(old, null);
      await cleaned
        .putInPlace(fresh => replace(old, fresh))
        .catch((error: unknown) => {
          cleaned.discard();
          throw error;
        });
    });
  }

  #refuseIfEnded(): void {
    if (this.#ended !== null) throw this.#ended;
  }

  /** A disk that fails ends the rewrite, and not the log. */
  async #unlessEnded(work: void | Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.end(asStorageError(error, 'a log could not be rewritten'));
    }
    if (this.#ended !== null) throw this.#ended;
  }
}

function over(): StorageError {
  return new StorageError('closed', 'the rewrite is over');
}
