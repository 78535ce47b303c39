import { ok } from 'node:assert/strict';
import { continued, withoutPrefix } from '../../../domain/model/log/leader-epochs.ts';
import { SegmentRoll } from '../../../domain/model/log/segment-roll.ts';
import { baseIn } from './batch-walk.ts';
import type { ChangeSet } from './change-set.ts';
import type { Engine } from './engine.ts';
import type { LogBody } from './log-body.ts';
import type { LogCommits } from './log-commits.ts';
import type { LogFacts } from './log-facts.ts';
import { LogPoint, type PointFacts } from './log-point.ts';
import type { Shown } from './readable-end.ts';
import type { RowHead } from './row-store.ts';
import type { RowSearch } from './row-search.ts';
import { rowOf } from './stored-row.ts';

/** Rows that one write deletes, so that the event loop is not held up. */
const SLICE_ROWS = 32;

/** The parts of an open log that change together. */
export interface LogParts {
  readonly body: LogBody;
  readonly commits: LogCommits;
  readonly search: RowSearch;
}

/** The first row that goes, and where the log ends without it and those behind it, with how many bytes. */
interface Cut {
  readonly base: number;
  readonly end: number;
  readonly sizeInBytes: number;
}

/** A log that an edit changes, and its commits where it is open. */
export type Edited = Pick<LogParts, 'body'> & Partial<Pick<LogParts, 'commits'>>;

/**
 * Carries out a change of a log durably. When it cannot be written, all that is known of the log is what it was before anything
 * else is written, and an open log fails with it. `make` is called when no write is under way; it throws before it changes
 * anything, or not at all.
 */
export function editLog(
  engine: Engine,
  { body, commits }: Edited,
  make: (changes: ChangeSet) => void,
): Promise<void> {
  let before: LogFacts;
  let shown: Shown | undefined;
  return engine.commits.edit({
    make: changes => {
      before = body.factsAt(new LogPoint(body.written));
      shown = commits?.shown;
      make(changes);
    },
    undo: error => {
      body.restore(before);
      commits?.fail(error, shown);
    },
  });
}

/** Takes parts of one log away, one change at a time. Each step of a change is one write, and leaves a log that is sound. */
export class LogChanges {
  readonly #engine: Engine;
  readonly #body: LogBody;
  readonly #commits: LogCommits;
  readonly #search: RowSearch;

  constructor(engine: Engine, { body, commits, search }: LogParts) {
    this.#engine = engine;
    this.#body = body;
    this.#commits = commits;
    this.#search = search;
  }

  /** Drops what lies at or above a base offset, the newest rows first. */
  async truncateTo(offset: number): Promise<void> {
    if (await this.#cutStaged(offset)) return;
    ok(await this.#search.hasBase(offset), NO_BASE);
    const sizeBelow = await this.#cutRowsFrom(offset);
    await this.#cutLastRow(offset, sizeBelow);
  }

  /** Moves the start up, durably. Rows before it are left to `reclaim`, but for some. */
  async trimBefore(offset: number): Promise<void> {
    const doomed = await this.#below(offset);
    await this.#edit(changes => {
      this.#body.startOffset = offset;
      this.#body.epochs = withoutPrefix(this.#body.epochs, offset);
      this.#drop(doomed, changes);
    });
  }

  /** Deletes rows that lie wholly before the start; false when there are no more. */
  async reclaim(): Promise<boolean> {
    const doomed = await this.#below(this.#body.startOffset);
    if (doomed.length > 0) await this.#edit(changes => this.#drop(doomed, changes));
    return doomed.length === SLICE_ROWS;
  }

  /** Drops everything, and goes on at an offset. */
  async restartAt(offset: number): Promise<void> {
    await this.#cutRowsFrom(0);
    await this.#edit(changes => {
      const segment = new SegmentRoll(offset, this.#engine.clock.now());
      const { peak } = this.#body.written;
      this.#body.startOffset = offset;
      this.#body.epochs = continued([], this.#body.epoch, offset);
      // Rows may have come since there was none.
      changes.cuts.push({ log: this.#body.number, from: 0, to: Infinity });
      this.#become({ endOffset: offset, sizeInBytes: 0, peak, segment }, changes);
      this.#commits.showEnd();
      changes.checkpoints.push({ log: this.#body.number, bytes: null });
    });
  }

  #edit(make: (changes: ChangeSet) => void): Promise<void> {
    return editLog(this.#engine, { body: this.#body, commits: this.#commits }, make);
  }

  /** Drops what is in no row from an offset on; false when there are rows from there on. */
  async #cutStaged(offset: number): Promise<boolean> {
    const { written } = this.#body;
    if (offset < written.endOffset) return false;
    let isCut = false;
    await this.#edit(() => {
      // What was on its way to the store is in rows now.
      if (offset < written.endOffset) return;
      ok(offset === written.endOffset || this.#commits.hasStaged(offset), NO_BASE);
      this.#commits.cutStaged(offset);
      isCut = true;
    });
    return isCut;
  }

  /** Deletes the rows that begin at or above an offset, with what is written behind them meanwhile; gives what the others hold. */
  async #cutRowsFrom(offset: number): Promise<number> {
    let { endOffset: base, sizeInBytes } = this.#body.written;
    for (;;) {
      const doomed = await this.#last(offset, base);
      if (doomed.length === 0) return sizeInBytes;
      base = doomed.at(-1)!.base;
      sizeInBytes -= sizeOf(doomed);
      const end = Math.max(base, this.#body.startOffset);
      const left = { base, end, sizeInBytes };
      await this.#edit(changes => this.#cut(left, changes));
    }
  }

  /** Shortens the last of the rows that begin below an offset, all of which hold so many bytes, to what lies below it. */
  async #cutLastRow(offset: number, sizeBelow: number): Promise<void> {
    const [last] = await this.#last(0, offset, 1);
    if (last === undefined) return;
    const bytes = (await this.#search.bytesOf(last.base))!;
    const at = baseIn(bytes, offset);
    if (at === bytes.length) return;
    const kept = rowOf(this.#body.number, bytes.subarray(0, at), last.peak);
    const left = { base: last.base, end: offset, sizeInBytes: sizeBelow - (bytes.length - at) };
    await this.#edit(changes => {
      this.#cut(left, changes);
      changes.rows.push(kept);
    });
  }

  /** Deletes all rows from a base on, also those that came since it was looked at; what is left then is given. */
  #cut({ base, end, sizeInBytes }: Cut, changes: ChangeSet): void {
    const { written, number: log } = this.#body;
    changes.cuts.push({ log, from: base, to: Infinity });
    const { peak } = written;
    const bytes = written.sizeInBytes - sizeInBytes;
    const segment = written.segment.cutTo(end, bytes, this.#engine.clock.now());
    this.#body.epochs = continued(this.#body.epochs, this.#body.epoch, end);
    this.#become({ endOffset: end, sizeInBytes, peak, segment }, changes);
  }

  #become(point: PointFacts, changes: ChangeSet): void {
    this.#body.written.set(point);
    this.#commits.restart();
    changes.facts.push(this.#body.factsAt(point));
  }

  #drop(rows: readonly RowHead[], changes: ChangeSet): void {
    const { number: log } = this.#body;
    if (rows.length > 0) {
      changes.cuts.push({ log, from: rows[0]!.base, to: rows.at(-1)!.base + 1 });
      this.#commits.shrink(sizeOf(rows));
    }
    changes.facts.push(this.#body.factsAt(this.#body.written));
  }

  /** The first rows of the log, as far as nothing in them lies at or above an offset. */
  async #below(offset: number): Promise<readonly RowHead[]> {
    const heads = await this.#search.heads(0, SLICE_ROWS + 1);
    const { endOffset } = this.#body.written;
    // A row may be there already whose write is not known to have ended: it begins at the end.
    const kept = heads.findIndex(
      ({ base }, at) => base >= offset || (heads[at + 1]?.base ?? endOffset) > offset,
    );
    return heads.slice(0, kept < 0 ? SLICE_ROWS : Math.min(kept, SLICE_ROWS));
  }

  /** The last rows of the log below an end, newest first, as far as they begin at or above an offset. */
  async #last(offset: number, endOffset: number, limit = SLICE_ROWS): Promise<RowHead[]> {
    const rows: RowHead[] = [];
    let next = endOffset - 1;
    while (next >= offset && rows.length < limit) {
      const head = await this.#search.floor(next);
      if (head === null || head.base < offset) break;
      rows.push(head);
      next = head.base - 1;
    }
    return rows;
  }
}

const NO_BASE = 'a log is truncated between batches';

function sizeOf(rows: readonly RowHead[]): number {
  return rows.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
}
