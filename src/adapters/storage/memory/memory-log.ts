import { ok } from 'node:assert/strict';
import {
  continued,
  withoutPrefix,
  type EpochStart,
} from '../../../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { SegmentRoll } from '../../../domain/model/log/segment-roll.ts';
import type { Clock } from '../../../ports/clock.ts';
import {
  StorageError,
  type Allocate,
  type LogRewrite,
  type LogSettings,
  type PartitionLog,
} from '../../../ports/log-storage.ts';
import type { MemoryBatches } from './memory-batches.ts';
import { MemoryRewrite } from './memory-rewrite.ts';

const DONE = Promise.resolve();
const NOTHING: readonly string[] = [];

/** What a log is, apart from who writes it. */
export interface MemoryLogState {
  readonly batches: MemoryBatches;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly epochs: readonly EpochStart[];
  readonly checkpoint: Buffer | null;
  readonly roll: SegmentRoll;
}

/** What one log may hold at most: what exceeds it pushes the oldest batches out. */
export interface RingLimits {
  readonly maxBytes: number;
  /** Offsets, to be exact: from the start to the end. */
  readonly maxRecords: number;
}

/** How a log is written; `ring` is null for one that is kept whole. */
export interface MemoryLogOptions {
  readonly settings: LogSettings;
  readonly clock: Clock;
  readonly ring: RingLimits | null;
}

/** One log in memory, open for one writer. */
export class MemoryLog implements PartitionLog {
  readonly #batches: MemoryBatches;
  readonly #options: MemoryLogOptions;
  #startOffset: number;
  #endOffset: number;
  #committedEnd: number;
  #epochs: readonly EpochStart[];
  #checkpoint: Buffer | null;
  #roll: SegmentRoll;
  #rewrite: MemoryRewrite | null = null;
  #failure: StorageError | null = null;
  #refusal: StorageError | null = null;

  constructor(state: MemoryLogState, epoch: number, options: MemoryLogOptions) {
    this.#batches = state.batches;
    this.#options = options;
    this.#startOffset = state.startOffset;
    this.#endOffset = state.endOffset;
    this.#committedEnd = state.endOffset;
    this.#epochs = continued(state.epochs, epoch, state.endOffset);
    this.#checkpoint = state.checkpoint;
    this.#roll = state.roll;
  }

  get startOffset(): number {
    return this.#startOffset;
  }
  get endOffset(): number {
    return this.#endOffset;
  }
  get sizeInBytes(): number {
    return this.#batches.sizeInBytes;
  }
  get activeOffset(): number {
    return this.#roll.sizeInBytes === 0 ? this.#endOffset : this.#roll.baseOffset;
  }
  get epochs(): readonly EpochStart[] {
    return this.#epochs;
  }
  get epoch(): number {
    return this.#epochs.at(-1)!.epoch;
  }
  get checkpoint(): Buffer | null {
    return this.#checkpoint;
  }

  append(batch: RecordBatch): void {
    const refusal = this.#refusal ?? this.#failure;
    if (refusal !== null) throw refusal;
    ok(batch.baseOffset >= this.#endOffset, 'a batch is appended at the end of the log');
    ok(batch.lastOffsetDelta >= 0, 'a batch holds an offset');
    if (!this.#batches.append(batch)) return this.#fail();
    this.#endOffset = batch.nextOffset;
    this.#roll = this.#roll.next(batch, this.#options.settings, this.#options.clock.now());
  }

  /** Memory is as durable as it will ever be. */
  commit(): Promise<void> {
    const refusal = this.#refusal ?? this.#failure;
    if (refusal !== null) return rejected(refusal);
    this.#committedEnd = this.#endOffset;
    if (this.#options.ring !== null) this.#keepWithin(this.#options.ring);
    return DONE;
  }

  read(offset: number, maxBytes: number, allocate: Allocate): Buffer | Promise<Buffer> {
    if (this.#refusal !== null) return rejected(this.#refusal);
    const from = Math.max(offset, this.#startOffset);
    return this.#batches.read(from, this.#committedEnd, maxBytes, allocate);
  }

  offsetFor(timestamp: number): number | Promise<number> {
    if (this.#refusal !== null) return rejected(this.#refusal);
    const found = this.#batches.firstAt(timestamp, this.#startOffset, this.#committedEnd);
    return found ?? this.#committedEnd;
  }

  offsetKeeping(bytes: number): number | Promise<number> {
    if (this.#refusal !== null) return rejected(this.#refusal);
    return this.#batches.firstKeeping(bytes, this.#committedEnd) ?? this.#committedEnd;
  }

  async truncateTo(offset: number): Promise<void> {
    this.#checkUsable();
    ok(offset >= this.#startOffset, 'a log is truncated within what it holds');
    this.#checkpoint = null;
    if (offset >= this.#endOffset) return;
    ok(this.#batches.hasBase(offset), 'a log is truncated between batches');
    this.#endRewrite();
    this.#cutTo(offset);
    this.#committedEnd = Math.min(this.#committedEnd, offset);
    this.#epochs = continued(this.#epochs, this.epoch, offset);
  }

  async trimBefore(offset: number): Promise<void> {
    this.#checkUsable();
    ok(offset <= this.#endOffset, 'a log is trimmed within what it holds');
    if (offset <= this.#startOffset) return;
    if (offset > this.#committedEnd) this.#committedEnd = this.#endOffset;
    this.#trimTo(offset);
  }

  async restartAt(offset: number): Promise<void> {
    this.#checkUsable();
    this.#endRewrite();
    this.#checkpoint = null;
    this.#batches.restartAt(offset);
    this.#startOffset = offset;
    this.#endOffset = offset;
    this.#committedEnd = offset;
    this.#epochs = [{ epoch: this.epoch, startOffset: offset }];
    this.#roll = new SegmentRoll(offset, this.#options.clock.now());
  }

  async rewrite(to: number): Promise<LogRewrite> {
    this.#checkUsable();
    ok(to <= this.activeOffset, 'a log is rewritten below its active segment');
    ok(to === this.activeOffset || this.#batches.hasBase(to), 'a log is rewritten up to a batch');
    this.#endRewrite();
    if (to > this.#committedEnd) this.#committedEnd = this.#endOffset;
    return (this.#rewrite = new MemoryRewrite(this.#batches, to));
  }

  placeOf(offset: number): string {
    return `memory, offset ${this.#batches.at(offset)?.baseOffset ?? offset}`;
  }

  /** There is nothing beside the batches. */
  async audit(): Promise<readonly string[]> {
    if (this.#refusal !== null) throw this.#refusal;
    return NOTHING;
  }

  async saveCheckpoint(bytes: Buffer): Promise<void> {
    this.#checkUsable();
    this.#checkpoint = Buffer.from(bytes);
  }

  /** Ends this writer, which refuses everything from now on, and gives what the next one goes on with. */
  release(refusal: StorageError): MemoryLogState {
    this.#refusal = refusal;
    this.#rewrite?.end(refusal);
    this.#cutTo(this.#committedEnd);
    return {
      batches: this.#batches,
      startOffset: this.#startOffset,
      endOffset: this.#endOffset,
      epochs: this.#epochs,
      checkpoint: this.#checkpoint,
      roll: this.#roll,
    };
  }

  /** Drops the oldest batches until the log keeps to its bounds; the newest one stays. */
  #keepWithin({ maxBytes, maxRecords }: RingLimits): void {
    let bytes = this.#batches.sizeInBytes - maxBytes;
    let start = this.#startOffset;
    while (bytes > 0 || this.#endOffset - start > maxRecords) {
      const oldest = this.#batches.at(start);
      if (oldest === null || oldest.nextOffset === this.#endOffset) break;
      bytes -= oldest.sizeInBytes;
      start = oldest.nextOffset;
    }
    if (start > this.#startOffset) this.#trimTo(start);
  }

  #trimTo(offset: number): void {
    this.#endRewrite();
    this.#startOffset = offset;
    this.#epochs = withoutPrefix(this.#epochs, offset);
    this.#batches.trimBefore(offset);
  }

  #endRewrite(): void {
    this.#rewrite?.end(new StorageError('closed', 'the log was changed while it was rewritten'));
    this.#rewrite = null;
  }

  #fail(): void {
    const message =
      'the memory store has used up its budget: trim or remove logs, and open this one again';
    this.#failure = new StorageError('failed', message);
    this.#cutTo(this.#committedEnd);
  }

  #cutTo(offset: number): void {
    if (offset >= this.#endOffset) return;
    const dropped = this.#batches.truncateTo(offset);
    this.#endOffset = offset;
    this.#roll = this.#roll.cutTo(offset, dropped, this.#options.clock.now());
  }

  #checkUsable(): void {
    const refusal = this.#refusal ?? this.#failure;
    if (refusal !== null) throw refusal;
  }
}

/** Nobody has to wait for the answer: an ignored one must not end the process. */
function rejected(error: StorageError): Promise<never> {
  const promise = Promise.reject<never>(error);
  promise.catch(() => undefined);
  return promise;
}
