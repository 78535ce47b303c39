import { int64At, type RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { baseIn, batchesOf } from './batch-walk.ts';
import { Run, ROW_BYTES } from './run.ts';
import type { RunBuffers } from './run-buffers.ts';

/** The batches of one log that were appended and not written yet. */
export class StagedRuns {
  readonly #log: number;
  readonly #buffers: RunBuffers;
  #runs: Run[] = [];
  /** What the last run took: a busy log gets its room at once. */
  #room = 0;

  constructor(log: number, buffers: RunBuffers) {
    this.#log = log;
    this.#buffers = buffers;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  /** Copies a batch; `before` says the highest timestamp of all batches before it. */
  append(batch: RecordBatch, before: { readonly peak: number }): void {
    const last = this.#runs.at(-1);
    if (last?.takes(batch)) last.add(batch);
    else this.#runs.push(this.#begin(batch, before));
  }

  /** Gives what lies below an offset, which is a base offset or the end, to be written. */
  take(endOffset: number): Run[] {
    const last = this.#runs.at(-1);
    if (last === undefined || last.nextOffset <= endOffset) return this.#taken(this.#runs);
    const first = this.#runs.findIndex(run => run.nextOffset > endOffset);
    const cut = this.#runs[first]!;
    const kept = this.#runs.slice(first + 1);
    const [before, behind] = this.#split(cut, endOffset);
    const taken = [...this.#runs.slice(0, first), ...before];
    this.#taken(taken);
    this.#runs = [...behind, ...kept];
    return taken;
  }

  /** Whether a batch here begins at an offset. */
  hasBase(offset: number): boolean {
    const run = this.#runs.find(({ nextOffset }) => nextOffset > offset);
    if (run === undefined || run.base > offset) return false;
    const at = baseIn(run.bytes, offset);
    return at < run.sizeInBytes && int64At(run.bytes, at) === offset;
  }

  /** Drops what lies at or above an offset, and says how many bytes that was. */
  truncateTo(offset: number): number {
    const kept = this.take(offset);
    const dropped = this.#runs.reduce((sum, run) => sum + run.sizeInBytes, 0);
    this.discard();
    this.#runs = kept;
    return dropped;
  }

  /** Gives all memory back. */
  discard(): void {
    for (const run of this.#runs) run.release();
    this.#runs = [];
  }

  #taken(runs: Run[]): Run[] {
    this.#runs = [];
    this.#room = Math.min(ROW_BYTES, runs.at(-1)?.sizeInBytes ?? 0);
    return runs;
  }

  #begin(batch: RecordBatch, before: { readonly peak: number }): Run {
    return new Run(this.#log, batch, before, { buffers: this.#buffers, room: this.#room });
  }

  /** In two runs, one of which may be missing. */
  #split(run: Run, offset: number): [Run[], Run[]] {
    const at = baseIn(run.bytes, offset);
    if (at === 0) return [[], [run]];
    const parts = [run.bytes.subarray(0, at), run.bytes.subarray(at)].map(bytes => {
      return this.#copied(bytes, run);
    });
    run.release();
    return [[parts[0]!], [parts[1]!]];
  }

  /** The peak of the whole is no less than that of its parts, which is all that a search relies on. */
  #copied(bytes: Buffer, { peak }: Run): Run {
    const [first, ...others] = batchesOf(bytes);
    const copy = this.#begin(first!, { peak });
    for (const batch of others) copy.add(batch);
    return copy;
  }
}
