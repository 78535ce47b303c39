import { ok } from 'node:assert/strict';
import { NO_TIMESTAMP, type RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { StorageError, type LogRewrite } from '../../../ports/log-storage.ts';
import { baseIn } from './batch-walk.ts';
import type { ChangeSet } from './change-set.ts';
import type { Engine } from './engine.ts';
import { editLog, type LogParts } from './log-changes.ts';
import type { Row, RowHead, RowRange } from './row-store.ts';
import { Run } from './run.ts';
import { rowOf } from './stored-row.ts';

/** A piece is put in place when so much is kept, or so many old rows are gone through: no write may hold up the event loop. */
const PIECE_BYTES = 1024 * 1024;
const PIECE_ROWS = 32;

/** What a rewrite is part of: runs a step when no other change of the log does, and not at all when the log is refused. */
export type InTurn = (step: () => Promise<void>) => Promise<void>;

/**
 * Puts survivors in place of old rows, piece by piece. A piece ends where an old row begins, so that each row is old or new;
 * the last one ends within a row if it has to, whose rest is written with it. It goes through all rows from the first on: none
 * that lies wholly before the start may be left when it begins.
 */
export class EmbeddedRewrite implements LogRewrite {
  readonly #engine: Engine;
  readonly #log: LogParts;
  readonly #to: number;
  readonly #inTurn: InTurn;
  /** Old rows that are read ahead, the first of which is the next to be gone through. */
  #ahead: RowHead[] = [];
  /** Old rows that the piece stands for, and what is kept of them. */
  #old: RowHead[] = [];
  #kept: Run[] = [];
  #keptBytes = 0;
  #next = 0;
  #refusal: StorageError | null = null;

  constructor(engine: Engine, log: LogParts, to: number, inTurn: InTurn) {
    this.#engine = engine;
    this.#log = log;
    this.#to = to;
    this.#inTurn = inTurn;
  }

  async keep(batch: RecordBatch): Promise<void> {
    this.#check();
    const { baseOffset } = batch;
    ok(baseOffset >= (this.#kept.at(-1)?.nextOffset ?? 0), 'survivors ascend');
    ok(
      batch.nextOffset <= this.#to,
      'what lies at the end of a rewrite or above it is not rewritten',
    );
    await this.#advanceTo(baseOffset);
    this.#add(batch);
  }

  async finish(): Promise<void> {
    this.#check();
    await this.#advanceTo(this.#to - 1);
    await this.#put();
    this.end(over());
  }

  async abandon(): Promise<void> {
    this.end(over());
  }

  /** From now on everything is refused. */
  end(refusal: StorageError): void {
    this.#refusal ??= refusal;
  }

  /** Goes through the old rows up to the one that holds an offset. */
  async #advanceTo(offset: number): Promise<void> {
    for (;;) {
      if (this.#ahead.length === 0) await this.#readAhead();
      const row = this.#ahead[0];
      if (row === undefined || row.base > offset) return;
      const isFull = this.#old.length >= PIECE_ROWS || this.#keptBytes >= PIECE_BYTES;
      if (isFull) await this.#put();
      this.#ahead.shift();
      this.#old.push(row);
      this.#next = row.base + 1;
    }
  }

  async #readAhead(): Promise<void> {
    const heads = await this.#log.search.heads(this.#next, PIECE_ROWS);
    this.#ahead = heads.filter(({ base }) => base < this.#to);
  }

  #add(batch: RecordBatch): void {
    const last = this.#kept.at(-1);
    this.#keptBytes += batch.sizeInBytes;
    if (last?.takes(batch)) return last.add(batch);
    const memory = { buffers: this.#engine.buffers, room: 0 };
    const { number } = this.#log.body;
    const peak = Math.max(last?.peak ?? NO_TIMESTAMP, this.#old[0]?.peak ?? NO_TIMESTAMP);
    this.#kept.push(new Run(number, batch, { peak }, memory));
  }

  /** One piece: the old rows go, what is kept comes, at once. */
  #put(): Promise<void> {
    return this.#inTurn(async () => {
      this.#check();
      const [first, last] = [this.#old[0], this.#old.at(-1)];
      if (first === undefined || last === undefined) return;
      const { body, commits } = this.#log;
      const rest = await this.#restOf(last);
      const rows = rest === null ? this.#kept : [...this.#kept, rest];
      await this.#replace({ log: body.number, from: first.base, to: last.base + 1 }, rows);
      commits.tail.dropBelow(last.base + 1);
      for (const run of this.#kept) run.release();
      this.#old = [];
      this.#kept = [];
      this.#keptBytes = 0;
    });
  }

  /** The count of rewrites is odd from before the rows change until they have, durably. */
  async #replace(cut: RowRange, rows: readonly Row[]): Promise<void> {
    const { body, commits } = this.#log;
    const gone = sumOf(this.#old) - sumOf(rows);
    let isBegun = false;
    const make = (changes: ChangeSet): void => {
      this.#check();
      changes.cuts.push(cut);
      changes.rows.push(...rows);
      commits.shrink(gone);
      changes.facts.push(body.factsAt(body.written));
      body.rewrites += 1;
      isBegun = true;
    };
    try {
      await editLog(this.#engine, this.#log, make);
    } finally {
      if (isBegun) body.rewrites += 1;
    }
  }

  /** What the last old row holds from the end of the rewrite on. */
  async #restOf({ base, peak }: RowHead) {
    const bytes = await this.#log.search.bytesOf(base);
    const at = bytes === null ? 0 : baseIn(bytes, this.#to);
    if (bytes === null || at === bytes.length) return null;
    return rowOf(this.#log.body.number, bytes.subarray(at), peak);
  }

  #check(): void {
    if (this.#refusal !== null) throw this.#refusal;
  }
}

function sumOf(rows: readonly { readonly sizeInBytes: number }[]): number {
  return rows.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
}

function over(): StorageError {
  return new StorageError('closed', 'the rewrite is over');
}
