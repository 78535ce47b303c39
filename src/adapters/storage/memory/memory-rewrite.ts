import { ok } from 'node:assert/strict';
import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { StorageError, type LogRewrite } from '../../../ports/log-storage.ts';
import type { MemoryBatches } from './memory-batches.ts';

/** Gathers what is kept of a log in memory, and puts it in place at once. */
export class MemoryRewrite implements LogRewrite {
  readonly #batches: MemoryBatches;
  readonly #kept: MemoryBatches;
  readonly #to: number;
  #endOffset = 0;
  #ended: StorageError | null = null;

  constructor(batches: MemoryBatches, to: number) {
    this.#batches = batches;
    this.#kept = batches.another();
    this.#to = to;
  }

  keep(batch: RecordBatch): void {
    if (this.#ended !== null) throw this.#ended;
    ok(batch.baseOffset >= this.#endOffset, 'batches are kept in ascending order');
    ok(batch.nextOffset <= this.#to, 'what lies beyond is not rewritten');
    if (!this.#kept.append(batch)) this.#fail();
    this.#endOffset = batch.nextOffset;
  }

  async finish(): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    if (!this.#batches.replaceBelow(this.#to, this.#kept)) this.#fail();
    this.#ended = over();
  }

  async abandon(): Promise<void> {
    this.end(over());
  }

  /** Everything later is refused with `refusal`. */
  end(refusal: StorageError): void {
    if (this.#ended !== null) return;
    this.#ended = refusal;
    this.#kept.truncateTo(0);
  }

  #fail(): never {
    const failure = new StorageError('failed', 'the memory store has no room for a rewrite');
    this.end(failure);
    throw failure;
  }
}

function over(): StorageError {
  return new StorageError('closed', 'the rewrite is over');
}
