import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { EpochStart } from '../../../src/domain/model/log/leader-epochs.ts';
import { RecordBatch } from '../../../src/domain/model/log/record-batch.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import { batchOf } from '../../support/batches.ts';
import { SETTINGS, keyOf, readOnce, shrunk } from '../../support/log-storage-steps.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { ModelLog, type ModelBatch } from './model-log.ts';
import type { ContractPart, StorageUnderTest } from './runner.ts';

const STEPS = 500;

/** Random operations against the model; a failure prints the seed, and HEXLOG_SEED repeats it. */
export const randomOperations: ContractPart = ({ test }, rig) => {
  test('random operations do what an array of batches would', async () => {
    const seed = seedOfRun();
    const run = new Run(rig.under, new SeededRandom(seed));
    for (let step = 0; step < STEPS; step++) {
      await run.step().catch((cause: unknown) => {
        throw new Error(`seed ${seed}, step ${step}: ${String(cause)}`, { cause });
      });
    }
    ok(run.reads > 50, 'a run that read nothing proves nothing');
  });
};

class Run {
  readonly #under: StorageUnderTest;
  readonly #random: SeededRandom;
  readonly #model = new ModelLog();
  #storage: LogStorage;
  #log: PartitionLog | null = null;
  #epoch = 0;
  #epochs: EpochStart[] = [];
  reads = 0;

  constructor(under: StorageUnderTest, random: SeededRandom) {
    this.#under = under;
    this.#random = random;
    this.#storage = under.storage;
  }

  async step(): Promise<void> {
    this.#log ??= await this.#opened();
    const log = this.#log;
    const steps: [number, () => void | Promise<void>][] = [
      [35, () => this.#append(log)],
      [55, () => this.#commit(log)],
      [80, () => this.#read(log)],
      [86, () => this.#search(log)],
      [89, () => this.#truncate(log)],
      [92, () => this.#trim(log)],
      [95, () => this.#rewrite(log)],
      [97, () => this.#takeOver()],
      [99.5, () => this.#restart()],
      [100, () => this.#restartAt(log)],
    ];
    const roll = this.#random.next() * 100;
    await steps.find(([below]) => roll < below)![1]();
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
      const gap = this.#random.integer(12) === 0 ? this.#random.integer(50) : 0;
      const batch = batchOf({
        baseOffset: log.endOffset + gap,
        sizeInBytes: this.#random.pick([61, 100, 250, 600, 1499, 1501, 17_000]),
        maxTimestamp: 1000 + this.#random.integer(200),
        count: 1 + this.#random.integer(4),
        fill: this.#random.integer(256),
      });
      this.#model.batches.push(modelOf(batch));
      this.#model.end = batch.nextOffset;
      log.append(batch);
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
    ok(bytes.equals(this.#model.read(offset, maxBytes)), `read(${offset}, ${maxBytes})`);
    if (bytes.length > 0) this.reads += 1;
  }

  async #search(log: PartitionLog): Promise<void> {
    const timestamp = 990 + this.#random.integer(220);
    const found = await log.offsetFor(timestamp);
    const { readable, committed } = this.#model;
    const first = readable.find(b => b.maxTimestamp >= timestamp);
    if (first === undefined) strictEqual(found, committed, `offsetFor(${timestamp})`);
    else this.#isBaseTo(found, first.base, `offsetFor(${timestamp})`);
    const bytes = this.#random.integer(40_000);
    const kept = await log.offsetKeeping(bytes);
    if (kept !== committed) this.#isBaseTo(kept, this.#model.keeping(bytes), `keeping ${bytes}`);
    else strictEqual(this.#model.keeping(bytes), committed, `keeping ${bytes}`);
  }

  #isBaseTo(found: number, highest: number, what: string): void {
    const isBase = this.#model.batches.some(b => b.base === found);
    ok(isBase && found <= highest, `${what} gives ${found}, not ${highest}`);
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
    if (offset === start) return;
    this.#model.start = offset;
    const covering = this.#epochs.findLastIndex(e => e.startOffset <= offset);
    const [first, ...rest] = this.#epochs.slice(Math.max(0, covering));
    this.#epochs = [
      { epoch: first!.epoch, startOffset: Math.max(first!.startOffset, offset) },
      ...rest,
    ];
  }

  /** Keeps some batches as they are and some with fewer bytes, up to any batch; now and then gives up. */
  async #rewrite(log: PartitionLog): Promise<void> {
    await this.#commit(log);
    const { batches, start } = this.#model;
    const below = batches.filter(b => b.next > start && b.base <= log.activeOffset);
    if (below.length === 0 || this.#random.integer(4) === 0) return this.#giveUp(log);
    const to = this.#random.pick(below).base;
    const kept: ModelBatch[] = [];
    const rewrite = await log.rewrite(to);
    for (const { base, bytes } of below) {
      const fate = this.#random.integer(3);
      if (fate === 0 || base >= to) continue;
      const batch = new RecordBatch(Buffer.from(bytes));
      const survivor = fate === 1 ? batch : shrunk(batch);
      kept.push(modelOf(survivor));
      await rewrite.keep(survivor);
      survivor.bytes.fill(0xdd);
    }
    await rewrite.finish();
    this.#model.replaceBelow(to, kept);
  }

  async #giveUp(log: PartitionLog): Promise<void> {
    const rewrite = await log.rewrite(log.activeOffset);
    await rewrite.abandon();
  }

  /** A new writer: what was not committed is gone. */
  async #takeOver(): Promise<void> {
    const { committed } = this.#model;
    if (committed < this.#model.end) this.#model.truncateTo(committed);
    this.#log = await this.#opened();
  }

  /** A clean close keeps what was appended, committed or not. */
  async #restart(): Promise<void> {
    if (this.#under.reopen === null) return;
    this.#storage = await this.#under.reopen();
    this.#log = await this.#opened();
    this.#model.committed = this.#model.end;
  }

  async #restartAt(log: PartitionLog): Promise<void> {
    const offset = this.#random.integer(2 * this.#model.end + 1);
    await log.restartAt(offset);
    this.#model.restartAt(offset);
    this.#epochs = [{ epoch: this.#epoch, startOffset: offset }];
  }

  #check(): void {
    const { start, end } = this.#model;
    const { startOffset, endOffset, activeOffset, epochs } = this.#log!;
    deepStrictEqual([startOffset, endOffset], [start, end]);
    ok(activeOffset <= endOffset);
    deepStrictEqual(epochs, this.#epochs);
  }
}

function modelOf(batch: RecordBatch): ModelBatch {
  const { baseOffset: base, nextOffset: next, maxTimestamp } = batch;
  return { base, next, maxTimestamp, bytes: Buffer.from(batch.bytes) };
}
