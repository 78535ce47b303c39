import type { RecordBatch } from '../../../domain/model/log/record-batch.ts';
import { NO_TIMESTAMP } from '../../../domain/model/log/record-batch.ts';
import { NoBatch, batchesOf } from './batch-walk.ts';
import type { Engine } from './engine.ts';
import type { LogParts } from './log-changes.ts';
import type { RowHead } from './row-store.ts';
import type { RowSearch } from './row-search.ts';

/**
 * Compares what is kept beside the batches of a log with them: a line for each thing that does not fit. Commits may go on
 * meanwhile, other changes may not.
 */
export class LogAudit {
  readonly #engine: Engine;
  readonly #log: LogParts;
  readonly #search: RowSearch;
  /** Throws when the audit shall end. */
  readonly #check: () => void;
  readonly #findings: string[] = [];
  #bytes = 0;
  #peak = NO_TIMESTAMP;
  #endOffset = 0;

  constructor(engine: Engine, log: LogParts, check: () => void) {
    this.#engine = engine;
    this.#log = log;
    this.#search = log.search;
    this.#check = check;
  }

  async run(): Promise<readonly string[]> {
    const { written } = this.#log.body;
    const { endOffset, sizeInBytes } = written;
    for await (const head of this.#search.from(0, Infinity)) {
      this.#check();
      // Written since this began.
      if (head.base >= endOffset && written.endOffset > endOffset) break;
      const bytes = await this.#checkRow(head);
      if (head.base < endOffset) this.#bytes += bytes;
    }
    this.#expect(this.#bytes === sizeInBytes, `rows hold ${this.#bytes} bytes, not ${sizeInBytes}`);
    await this.#compareEnd();
    return this.#findings;
  }

  /** A row may have been there whose write was not known to have ended: it has when an edit has taken its turn. */
  async #compareEnd(): Promise<void> {
    await this.#engine.commits.edit({ make: () => undefined });
    const { endOffset, peak } = this.#log.body.written;
    this.#expect(
      this.#endOffset <= endOffset,
      `rows end at offset ${this.#endOffset}, the log at ${endOffset}`,
    );
    this.#expect(this.#peak <= peak, `rows have timestamps up to ${this.#peak}, above ${peak}`);
  }

  /** Gives the bytes that it holds. */
  async #checkRow(head: RowHead): Promise<number> {
    const bytes = await this.#search.bytesOf(head.base);
    if (bytes === null) return 0;
    const row = `the row at offset ${head.base}`;
    this.#expect(bytes.length === head.sizeInBytes, `${row} has ${bytes.length} bytes`);
    this.#expect(head.base >= this.#endOffset, `${row} begins before ${this.#endOffset}`);
    this.#expect(head.peak >= this.#peak, `${row} has a lower peak than one before it`);
    this.#peak = Math.max(this.#peak, head.peak);
    try {
      this.#checkBatches(row, head, [...batchesOf(bytes)]);
    } catch (error) {
      if (!(error instanceof NoBatch)) throw error;
      this.#findings.push(`${row} does not hold whole batches: ${error.message}`);
    }
    return bytes.length;
  }

  #checkBatches(row: string, head: RowHead, batches: readonly RecordBatch[]): void {
    const highest = batches.reduce(
      (most, { maxTimestamp }) => Math.max(most, maxTimestamp),
      NO_TIMESTAMP,
    );
    this.#expect(batches[0]?.baseOffset === head.base, `${row} does not begin with that offset`);
    this.#expect(highest === head.maxTimestamp, `${row} has timestamps up to ${highest}`);
    this.#expect(head.peak >= highest, `${row} has a peak below its timestamps`);
    for (const { baseOffset, nextOffset } of batches) {
      const ascends = baseOffset >= this.#endOffset && nextOffset > baseOffset;
      this.#expect(ascends, `${row} has a batch at offset ${baseOffset} that does not ascend`);
      this.#endOffset = nextOffset;
    }
  }

  #expect(isSo: boolean, finding: string): void {
    if (!isSo) this.#findings.push(finding);
  }
}
