/** A batch as the model has it. */
export interface ModelBatch {
  readonly base: number;
  readonly next: number;
  readonly bytes: Buffer;
  readonly maxTimestamp: number;
}

/** What a log is, said in the simplest way: an array of batches. */
export class ModelLog {
  batches: ModelBatch[] = [];
  start = 0;
  end = 0;
  committed = 0;

  get readable(): ModelBatch[] {
    return this.batches.filter(b => b.next > this.start && b.base < this.committed);
  }

  read(offset: number, maxBytes: number): Buffer {
    const result: Buffer[] = [];
    let total = 0;
    for (const batch of this.readable.filter(b => b.next > offset)) {
      if (result.length > 0 && total + batch.bytes.length > maxBytes) break;
      result.push(batch.bytes);
      total += batch.bytes.length;
    }
    return Buffer.concat(result);
  }

  /** The lowest base offset from which on there is no more than so much. */
  keeping(bytes: number): number {
    let room = bytes;
    let found = this.committed;
    for (const batch of this.readable.toReversed()) {
      room -= batch.bytes.length;
      if (room < 0) break;
      found = batch.base;
    }
    return found;
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter(b => b.base < offset);
    this.end = offset;
    this.committed = Math.min(this.committed, offset);
  }

  restartAt(offset: number): void {
    this.batches = [];
    this.start = this.end = this.committed = offset;
  }

  replaceBelow(to: number, kept: readonly ModelBatch[]): void {
    this.batches = [...kept, ...this.batches.filter(b => b.base >= to)];
  }
}
