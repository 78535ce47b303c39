import { ok } from 'node:assert/strict';
import {
  continued,
  withoutPrefix,
  type EpochStart,
} from '../../../domain/model/log/leader-epochs.ts';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { StorageError, type Allocate, type PartitionLog } from '../../../ports/log-storage.ts';
import type { MemoryBatches } from './memory-batches.ts';

const DONE = Promise.resolve();

/** What a log is, apart from who writes it. */
export interface MemoryLogState {
  readonly batches: MemoryBatches;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly epochs: readonly EpochStart[];
  readonly checkpoint: Buffer | null;
}

/** One log in memory, open for one writer. */
export class MemoryLog implements PartitionLog {
  readonly #batches: MemoryBatches;
  #startOffset: number;
  #endOffset: number;
  #committedEnd: number;
  #epochs: readonly EpochStart[];
  #checkpoint: Buffer | null;
  #failure: StorageError | null = null;
  #refusal: StorageError | null = null;

  constructor(state: MemoryLogState, epoch: number) {
    this.#batches = state.batches;
    this.#startOffset = state.startOffset;
    this.#endOffset = state.endOffset;
    this.#committedEnd = state.endOffset;
    this.#epochs = continued(state.epochs, epoch, state.endOffset);
    this.#checkpoint = state.checkpoint;
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
    ok(batch.baseOffset === this.#endOffset, 'a batch is appended at the end of the log');
    ok(batch.lastOffsetDelta >= 0, 'a batch holds an offset');
    if (this.#batches.append(batch)) this.#endOffset = batch.nextOffset;
    else this.#fail();
  }

  /** Memory is as durable as it will ever be. */
  commit(): Promise<void> {
    const refusal = this.#refusal ?? this.#failure;
    if (refusal !== null) return rejected(refusal);
    this.#committedEnd = this.#endOffset;
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

  async truncateTo(offset: number): Promise<void> {
    this.#checkUsable();
    ok(offset >= this.#startOffset, 'a log is truncated within what it holds');
    this.#checkpoint = null;
    if (offset >= this.#endOffset) return;
    ok(this.#batches.hasBase(offset), 'a log is truncated between batches');
    this.#cutTo(offset);
    this.#committedEnd = Math.min(this.#committedEnd, offset);
    this.#epochs = continued(this.#epochs, this.epoch, offset);
  }

  async trimBefore(offset: number): Promise<void> {
    this.#checkUsable();
    ok(offset <= this.#endOffset, 'a log is trimmed within what it holds');
    if (offset <= this.#startOffset) return;
    if (offset > this.#committedEnd) this.#committedEnd = this.#endOffset;
    this.#startOffset = offset;
    this.#epochs = withoutPrefix(this.#epochs, offset);
    this.#batches.trimBefore(offset);
  }

  async saveCheckpoint(bytes: Buffer): Promise<void> {
    this.#checkUsable();
    this.#checkpoint = Buffer.from(bytes);
  }

  /** Ends this writer, which refuses everything from now on, and gives what the next one goes on with. */
  release(refusal: StorageError): MemoryLogState {
    this.#refusal = refusal;
    this.#cutTo(this.#committedEnd);
    return {
      batches: this.#batches,
      startOffset: this.#startOffset,
      endOffset: this.#endOffset,
      epochs: this.#epochs,
      checkpoint: this.#checkpoint,
    };
  }

  #fail(): void {
    const message =
      'the memory store has used up its budget: trim or remove logs, and open this one again';
    this.#failure = new StorageError('failed', message);
    this.#cutTo(this.#committedEnd);
  }

  #cutTo(offset: number): void {
    if (offset < this.#endOffset) this.#batches.truncateTo(offset);
    this.#endOffset = offset;
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
