import { expect, test } from 'vitest';
import type { EpochStart } from '../../src/domain/model/log/leader-epochs.ts';
import type { LogStorage, PartitionLog } from '../../src/ports/log-storage.ts';
import { SETTINGS, appended, keyOf, readOnce } from '../support/log-storage-steps.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

interface Under {
  readonly storage: LogStorage;
  readonly reopen: (() => Promise<LogStorage>) | null;
}
interface ModelBatch {
  readonly base: number;
  readonly next: number;
  readonly bytes: Buffer;
  readonly maxTimestamp: number;
}

/** What a log is, said in the simplest way: an array of batches. */
class ModelLog {
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

  truncateTo(offset: number): void {
    this.batches = this.batches.filter(b => b.base < offset);
    this.end = offset;
    this.committed = Math.min(this.committed, offset);
  }
}

const STEPS = 400;

/** Random operations against the model; a failure prints the seed, and HEXLOG_SEED repeats it. */
export function logStorageProperty(under: () => Under): void {
  test('random operations do what an array of batches would', async () => {
    const seed = seedOfRun();
    const run = new Run(under(), new SeededRandom(seed));
    for (let step = 0; step < STEPS; step++) {
      await run.step().catch((cause: unknown) => {
        throw new Error(`seed ${seed}, step ${step}: ${String(cause)}`, { cause });
      });
    }
    expect(run.reads, 'a run that read nothing proves nothing').toBeGreaterThan(50);
  });
}

class Run {
  readonly #under: Under;
  readonly #random: SeededRandom;
  readonly #model = new ModelLog();
  #storage: LogStorage;
  #log: PartitionLog | null = null;
  #epoch = 0;
  #epochs: EpochStart[] = [];
  reads = 0;

  constructor(under: Under, random: SeededRandom) {
    this.#under = under;
    this.#random = random;
    this.#storage = under.storage;
  }

  async step(): Promise<void> {
    this.#log ??= await this.#opened();
    const roll = this.#random.integer(100);
    if (roll < 35) this.#append(this.#log);
    else if (roll < 55) await this.#commit(this.#log);
    else if (roll < 85) await this.#read(this.#log);
    else if (roll < 90) await this.#search(this.#log);
    else if (roll < 93) await this.#truncate(this.#log);
    else if (roll < 96) await this.#trim(this.#log);
    else if (roll < 98) await this.#takeOver();
    else await this.#restart();
    this.#check();
  }

  async #opened(): Promise<PartitionLog> {
    this.#epoch += 1 + this.#random.integer(2);
    const log = await this.#storage.open(keyOf(7), this.#epoch, SETTINGS);
    this.#epochs = this.#epochs.filter(e => e.startOffset < log.endOffset);
    this.#epochs.push({ epoch: this.#epoch, startOffset: log.endOffset });
    return log;
  }

  #append(log: PartitionLog): void {
    for (let times = this.#random.integer(5); times >= 0; times--) {
      const sizeInBytes = this.#random.pick([61, 100, 250, 600, 1499, 1501, 17_000]);
      const maxTimestamp = 1000 + this.#random.integer(200);
      const count = 1 + this.#random.integer(4);
      const fill = this.#random.integer(256);
      const batch = appended(log, { sizeInBytes, maxTimestamp, count, fill });
      const { baseOffset: base, nextOffset: next } = batch;
      this.#model.batches.push({ base, next, bytes: Buffer.from(batch.bytes), maxTimestamp });
      this.#model.end = next;
      batch.bytes.fill(0xdd);
    }
  }

  async #commit(log: PartitionLog): Promise<void> {
    await log.commit(this.#random.integer(4) === 0);
    this.#model.committed = this.#model.end;
  }

  async #read(log: PartitionLog): Promise<void> {
    const { start, end } = this.#model;
    const offset = start + this.#random.integer(end - start + 2);
    const maxBytes = this.#random.pick([0, 61, 300, 1500, 4000, 40_000]);
    const bytes = await readOnce(log, offset, maxBytes);
    const isSame = bytes.equals(this.#model.read(offset, maxBytes));
    expect(isSame, `read(${offset}, ${maxBytes})`).toBe(true);
    if (bytes.length > 0) this.reads += 1;
  }

  async #search(log: PartitionLog): Promise<void> {
    const timestamp = 990 + this.#random.integer(220);
    const found = await log.offsetFor(timestamp);
    const first = this.#model.readable.find(b => b.maxTimestamp >= timestamp);
    if (first === undefined) return expect(found).toBe(this.#model.committed);
    expect(this.#model.batches.map(b => b.base)).toContain(found);
    expect(found).toBeLessThanOrEqual(first.base);
  }

  async #truncate(log: PartitionLog): Promise<void> {
    const places = this.#model.batches.map(b => b.base).filter(base => base >= this.#model.start);
    const offset = this.#random.pick([...places.slice(-6), this.#model.end]);
    await log.truncateTo(offset);
    if (offset === this.#model.end) return;
    this.#model.truncateTo(offset);
    this.#epochs = this.#epochs.filter(e => e.startOffset < offset);
    if (this.#epochs.at(-1)?.epoch !== this.#epoch) {
      this.#epochs.push({ epoch: this.#epoch, startOffset: offset });
    }
  }

  async #trim(log: PartitionLog): Promise<void> {
    const { start, committed } = this.#model;
    const offset = start + this.#random.integer(Math.max(1, (committed - start) / 2));
    await log.trimBefore(offset);
    this.#model.start = offset;
    const covering = this.#epochs.findLastIndex(e => e.startOffset <= offset);
    const [first, ...rest] = this.#epochs.slice(Math.max(0, covering));
    this.#epochs = [
      { epoch: first!.epoch, startOffset: Math.max(first!.startOffset, offset) },
      ...rest,
    ];
  }

  /** A new writer: what was not committed is gone. */
  async #takeOver(): Promise<void> {
    const { committed } = this.#model;
    this.#model.truncateTo(committed);
    this.#log = await this.#opened();
  }

  /** A clean close keeps what was appended, committed or not. */
  async #restart(): Promise<void> {
    if (this.#under.reopen === null) return;
    this.#storage = await this.#under.reopen();
    this.#log = await this.#opened();
    this.#model.committed = this.#model.end;
  }

  #check(): void {
    const { start, end } = this.#model;
    expect(this.#log).toMatchObject({ startOffset: start, endOffset: end });
    expect(this.#log!.epochs).toEqual(this.#epochs);
  }
}
