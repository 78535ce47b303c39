import {
  continued,
  SegmentRoll,
  StorageError,
  withoutPrefix,
  type Allocate,
  type EpochStart,
  type LogRewrite,
  type LogSettings,
  type LogStorage,
  type PartitionKey,
  type PartitionLog,
  type RecordBatch,
  type StoredPartition,
  type Volume,
} from '../../src/main/index.ts';

/** The simplest engine that keeps the contract: arrays of batches. It is made of what the package exports, as anybody's would be. */
export class ArrayLogStorage implements LogStorage {
  readonly location = 'arrays';
  readonly #logs = new Map<string, { readonly key: PartitionKey; readonly log: ArrayLog }>();
  #isClosed = false;

  async open(key: PartitionKey, epoch: number, settings: LogSettings): Promise<PartitionLog> {
    this.#check();
    const older = this.#logs.get(idOf(key))?.log;
    if (older !== undefined && older.epoch > epoch) {
      throw new StorageError('fenced', 'a writer with a higher epoch has the log');
    }
    older?.end(new StorageError('fenced', 'a later writer has the log'));
    const log = new ArrayLog(older ?? null, epoch, settings);
    this.#logs.set(idOf(key), { key, log });
    return log;
  }

  async list(): Promise<readonly StoredPartition[]> {
    this.#check();
    return [...this.#logs.values()].map(({ key: { topicId, topic, partition }, log }) => {
      return { topicId, topic, partition, epoch: log.epoch, sizeInBytes: log.sizeInBytes };
    });
  }

  async volume(): Promise<Volume> {
    this.#check();
    return { totalBytes: -1, usableBytes: -1 };
  }

  async remove(key: PartitionKey): Promise<void> {
    this.#check();
    this.#logs.get(idOf(key))?.log.end(new StorageError('closed', 'the log was removed'));
    this.#logs.delete(idOf(key));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { log } of this.#logs.values()) log.end(closed());
  }

  #check(): void {
    if (this.#isClosed) throw closed();
  }
}

class ArrayLog implements PartitionLog {
  startOffset = 0;
  endOffset = 0;
  epochs: readonly EpochStart[];
  checkpoint: Buffer | null = null;
  batches: RecordBatch[] = [];
  readonly #settings: LogSettings;
  #roll = new SegmentRoll(0, Date.now());
  #committedEnd = 0;
  #refusal: StorageError | null = null;
  #rewrite: ArrayRewrite | null = null;

  constructor(older: ArrayLog | null, epoch: number, settings: LogSettings) {
    this.#settings = settings;
    if (older !== null) {
      this.startOffset = older.startOffset;
      this.endOffset = this.#committedEnd = older.endOffset;
      this.checkpoint = older.checkpoint;
      this.batches = older.batches;
      this.#roll = older.#roll;
    }
    this.epochs = continued(older?.epochs ?? [], epoch, this.endOffset);
  }

  get epoch(): number {
    return this.epochs.at(-1)!.epoch;
  }
  get sizeInBytes(): number {
    return sizeOf(this.batches);
  }
  get activeOffset(): number {
    return this.#roll.sizeInBytes === 0 ? this.endOffset : this.#roll.baseOffset;
  }

  append(batch: RecordBatch): void {
    this.#check();
    if (batch.baseOffset < this.endOffset) {
      throw new Error('a batch is appended at the end of the log');
    }
    this.batches.push(batch.copy());
    this.endOffset = batch.nextOffset;
    this.#roll = this.#roll.next(batch, this.#settings, Date.now());
  }

  async commit(): Promise<void> {
    this.#check();
    this.#committedEnd = this.endOffset;
  }

  async read(offset: number, maxBytes: number, allocate: Allocate): Promise<Buffer> {
    this.#check();
    const from = Math.max(offset, this.startOffset);
    const found: Buffer[] = [];
    let size = 0;
    for (const { bytes } of this.#committed().filter(batch => batch.nextOffset > from)) {
      if (found.length > 0 && size + bytes.length > maxBytes) break;
      found.push(bytes);
      size += bytes.length;
    }
    if (size === 0) return Buffer.alloc(0);
    const into = allocate(size).subarray(0, size);
    Buffer.concat(found).copy(into);
    return into;
  }

  async offsetFor(timestamp: number): Promise<number> {
    this.#check();
    const found = this.#committed().find(batch => batch.maxTimestamp >= timestamp);
    return found?.baseOffset ?? this.#committedEnd;
  }

  async offsetKeeping(bytes: number): Promise<number> {
    this.#check();
    const committed = this.#committed();
    const first = committed.find((_, at) => sizeOf(committed.slice(at)) <= bytes);
    return first?.baseOffset ?? this.#committedEnd;
  }

  async truncateTo(offset: number): Promise<void> {
    this.#check();
    this.checkpoint = null;
    if (offset >= this.endOffset) return;
    if (!this.batches.some(batch => batch.baseOffset === offset)) {
      throw new Error('a log is truncated between batches');
    }
    this.#endRewrite();
    this.#cutTo(offset);
    this.#committedEnd = Math.min(this.#committedEnd, offset);
    this.epochs = continued(this.epochs, this.epoch, offset);
  }

  async trimBefore(offset: number): Promise<void> {
    this.#check();
    if (offset <= this.startOffset) return;
    if (offset > this.endOffset) throw new Error('a log is trimmed within what it holds');
    if (offset > this.#committedEnd) this.#committedEnd = this.endOffset;
    this.#endRewrite();
    this.startOffset = offset;
    this.epochs = withoutPrefix(this.epochs, offset);
    this.batches = this.batches.filter(batch => batch.nextOffset > offset);
  }

  async restartAt(offset: number): Promise<void> {
    this.#check();
    this.#endRewrite();
    this.batches = [];
    this.checkpoint = null;
    this.startOffset = this.endOffset = this.#committedEnd = offset;
    this.epochs = [{ epoch: this.epoch, startOffset: offset }];
    this.#roll = new SegmentRoll(offset, Date.now());
  }

  async rewrite(to: number): Promise<LogRewrite> {
    this.#check();
    if (to > this.activeOffset) throw new Error('a log is rewritten below its active segment');
    this.#endRewrite();
    if (to > this.#committedEnd) this.#committedEnd = this.endOffset;
    return (this.#rewrite = new ArrayRewrite(this, to));
  }

  placeOf(offset: number): string {
    return `array, offset ${offset}`;
  }

  async audit(): Promise<readonly string[]> {
    this.#check();
    return [];
  }

  async saveCheckpoint(bytes: Buffer): Promise<void> {
    this.#check();
    this.checkpoint = Buffer.from(bytes);
  }

  /** From now on everything is refused. */
  end(refusal: StorageError): void {
    this.#refusal = refusal;
    this.#rewrite?.end(refusal);
    this.#cutTo(this.#committedEnd);
  }

  #committed(): RecordBatch[] {
    return this.batches.filter(batch => batch.nextOffset <= this.#committedEnd);
  }

  #cutTo(offset: number): void {
    const before = this.sizeInBytes;
    this.batches = this.batches.filter(batch => batch.baseOffset < offset);
    this.endOffset = offset;
    this.#roll = this.#roll.cutTo(offset, before - this.sizeInBytes, Date.now());
  }

  #endRewrite(): void {
    this.#rewrite?.end(new StorageError('closed', 'the log was changed meanwhile'));
    this.#rewrite = null;
  }

  #check(): void {
    if (this.#refusal !== null) throw this.#refusal;
  }
}

class ArrayRewrite implements LogRewrite {
  readonly #log: ArrayLog;
  readonly #to: number;
  readonly #kept: RecordBatch[] = [];
  #ended: StorageError | null = null;

  constructor(log: ArrayLog, to: number) {
    this.#log = log;
    this.#to = to;
  }

  async keep(batch: RecordBatch): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    if (batch.nextOffset > this.#to) throw new Error('what lies beyond is not rewritten');
    this.#kept.push(batch.copy());
  }

  async finish(): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    const rest = this.#log.batches.filter(batch => batch.baseOffset >= this.#to);
    this.#log.batches = [...this.#kept, ...rest];
    this.end(new StorageError('closed', 'the rewrite is over'));
  }

  async abandon(): Promise<void> {
    this.end(new StorageError('closed', 'the rewrite is over'));
  }

  end(refusal: StorageError): void {
    this.#ended ??= refusal;
  }
}

function sizeOf(batches: readonly RecordBatch[]): number {
  return batches.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
}

function idOf({ topicId, partition }: PartitionKey): string {
  return `${partition}.${topicId}`;
}

function closed(): StorageError {
  return new StorageError('closed', 'the store was closed');
}
