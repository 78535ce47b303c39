import type { LogFacts } from '../../src/adapters/storage/embedded/log-facts.ts';
import type {
  Changes,
  Row,
  RowRange,
  RowStore,
} from '../../src/adapters/storage/embedded/row-store.ts';

interface RowFields {
  readonly log: number;
  readonly base: number;
  readonly bytes: number;
  readonly fill?: number;
}

/** A row of bytes that are no batches: a row store does not look. */
export function rowOf({ log, base, bytes, fill = base % 251 }: RowFields): Row {
  const maxTimestamp = 1000 + base;
  const peak = maxTimestamp + 7;
  return { log, base, maxTimestamp, peak, sizeInBytes: bytes, bytes: Buffer.alloc(bytes, fill) };
}

/** What a row store holds, said in the simplest way. */
export class RowModel {
  #rows = new Map<number, Map<number, Row>>();
  #facts = new Map<number, LogFacts>();
  #writes = 0;

  copy(): RowModel {
    const copy = new RowModel();
    copy.#rows = new Map([...this.#rows].map(([log, rows]) => [log, new Map(rows)]));
    copy.#facts = new Map(this.#facts);
    copy.#writes = this.#writes;
    return copy;
  }

  basesOf(log: number): number[] {
    return [...(this.#rows.get(log)?.keys() ?? [])].sort((a, b) => a - b);
  }

  /** Cuts and rows together with facts of the log that are new each time. */
  changes(parts: {
    readonly cuts: readonly RowRange[];
    readonly rows: readonly Row[];
    readonly log: number;
  }): Changes {
    this.#writes += 1;
    const facts: LogFacts = {
      log: parts.log,
      key: { topicId: `topic-${parts.log}`, partition: parts.log, topic: 'orders' },
      isRemoved: false,
      epochs: [{ epoch: 1, startOffset: 0 }],
      startOffset: 0,
      endOffset: this.#writes,
      sizeInBytes: 0,
      peak: 0,
      segment: { baseOffset: 0, sizeInBytes: 0, createdAt: 0, firstTimestamp: 0 },
    };
    return { cuts: parts.cuts, rows: parts.rows, facts: [facts], checkpoints: [], forgotten: [] };
  }

  apply({ cuts, rows, facts }: Changes): void {
    for (const { log, from, to } of cuts) {
      for (const base of this.basesOf(log)) {
        if (base >= from && base < to) this.#rows.get(log)!.delete(base);
      }
    }
    for (const row of rows) {
      if (!this.#rows.has(row.log)) this.#rows.set(row.log, new Map());
      this.#rows.get(row.log)!.set(row.base, row);
    }
    for (const one of facts) this.#facts.set(one.log, one);
  }

  /** A line for each thing that a store has otherwise. */
  async differences(store: RowStore): Promise<string[]> {
    const found: string[] = [];
    const facts = new Map((await store.facts()).map(one => [one.log, one]));
    for (const log of new Set([...facts.keys(), ...this.#facts.keys()])) {
      const isSame = JSON.stringify(facts.get(log)) === JSON.stringify(this.#facts.get(log));
      if (!isSame) found.push(`the facts of log ${log}`);
      const bases: number[] = [];
      await store.read(log, 0, (head, bytes) => {
        bases.push(head.base);
        const row = this.#rows.get(log)?.get(head.base);
        if (row?.bytes.equals(bytes) !== true)
          found.push(`the bytes of row ${head.base} of ${log}`);
        if (row?.peak !== head.peak) found.push(`the head of row ${head.base} of ${log}`);
        return true;
      });
      const isComplete = JSON.stringify(bases) === JSON.stringify(this.basesOf(log));
      if (!isComplete) found.push(`the rows of log ${log}: ${bases.length}`);
    }
    return found;
  }
}
