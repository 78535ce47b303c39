import type { LogFacts } from './log-facts.ts';
import type { Changes, Row, RowRange } from './row-store.ts';

/** What facts cost to write, and rows to be cut, as so many bytes of rows, about. */
const FACTS_WEIGHT = 4 * 1024;
const CUT_WEIGHT = 512 * 1024;

/** Changes as they are gathered for one write. */
export class ChangeSet implements Changes {
  readonly cuts: RowRange[] = [];
  readonly rows: Row[] = [];
  readonly facts: LogFacts[] = [];
  readonly checkpoints: { log: number; bytes: Buffer | null }[] = [];
  readonly forgotten: number[] = [];
  #rowsWeighed = 0;
  #rowBytes = 0;

  get isEmpty(): boolean {
    const { cuts, rows, facts, checkpoints, forgotten } = this;
    return [cuts, rows, facts, checkpoints, forgotten].every(part => part.length === 0);
  }

  /** How long it takes to carry them out, as bytes of rows that take about as long. */
  get weight(): number {
    for (; this.#rowsWeighed < this.rows.length; this.#rowsWeighed++) {
      this.#rowBytes += this.rows[this.#rowsWeighed]!.sizeInBytes;
    }
    const { facts, cuts, checkpoints } = this;
    const small = facts.length + checkpoints.length;
    return this.#rowBytes + small * FACTS_WEIGHT + cuts.length * CUT_WEIGHT;
  }
}
