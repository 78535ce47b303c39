import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RowRange } from '../../../src/adapters/storage/embedded/row-store.ts';
import { LmdbRowStore } from '../../../src/adapters/storage/lmdb/lmdb-row-store.ts';
import { RowModel, rowOf } from '../../support/row-model.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const PAGE_BYTES = 4096;
const SLOT_STRIDE = 4 * PAGE_BYTES;
const LOGS = 3;

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'hexlog-lmdb-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** A store that is written at random, next to a model of it and to what the disk surely has. */
class PowerLossRun {
  readonly directory = join(root, 'store');
  readonly #random: SeededRandom;
  readonly written = new RowModel();
  readonly #next = [0, 0, 0];
  store: LmdbRowStore;
  /** What a power failure may leave: a write beside the last sync may have come in before it. */
  durable: readonly RowModel[];
  /** The file at the last sync, and at some moments since. */
  #images: Buffer[] = [];
  reusedPages = 0;

  static async begin(random: SeededRandom): Promise<PowerLossRun> {
    const directory = join(root, 'store');
    mkdirSync(directory);
    const store = await LmdbRowStore.open({ directory, boot: 'first' });
    return new PowerLossRun(store, random);
  }

  private constructor(store: LmdbRowStore, random: SeededRandom) {
    this.store = store;
    this.#random = random;
    this.durable = [this.written.copy()];
    this.#images = [this.image];
  }

  get image(): Buffer {
    return readFileSync(join(this.directory, 'data.mdb'));
  }

  async step(): Promise<void> {
    const roll = this.#random.integer(100);
    if (roll < 80) await this.write();
    else if (roll < 90) this.#images.push(this.image);
    else await this.sync();
  }

  async sync(): Promise<void> {
    const before = this.written.copy();
    const synced = this.store.sync();
    // Writes go on meanwhile: nobody is told that they are durable.
    if (this.#random.integer(2) === 0) await this.write();
    await synced;
    this.durable = [before, this.written.copy()];
    this.#images = [this.image];
  }

  /** The directory as a machine finds it that lost power: of each page any version since the last sync. */
  lost(name: string): string {
    const directory = join(root, name);
    cpSync(this.directory, directory, { recursive: true });
    const [synced, ...later] = [...this.#images, this.image];
    const found = Buffer.from(later.at(-1)!);
    for (let at = 0; at < found.length; at += PAGE_BYTES) {
      const page = this.#random.pick([synced, ...later]).subarray(at, at + PAGE_BYTES);
      if (page.length === 0) found.fill(0, at, at + PAGE_BYTES);
      else page.copy(found, at);
      const before = synced.subarray(at, at + PAGE_BYTES);
      if (at > PAGE_BYTES && before.length > 0 && !page.equals(before)) this.reusedPages += 1;
    }
    writeFileSync(join(directory, 'data.mdb'), found);
    return directory;
  }

  /** Drops some rows of a log, and adds some. */
  async write(): Promise<void> {
    const log = 1 + this.#random.integer(LOGS);
    const cuts: RowRange[] = [];
    if (this.#random.integer(3) === 0) {
      const bases = this.written.basesOf(log);
      const from = bases[this.#random.integer(bases.length + 1)] ?? 0;
      const to = this.#random.integer(2) === 0 ? Infinity : from + 1 + this.#random.integer(40);
      cuts.push({ log, from, to });
    }
    const rows = Array.from({ length: this.#random.integer(6) }, () => {
      const base = this.#next[log - 1]!;
      this.#next[log - 1] = base + 1 + this.#random.integer(9);
      const bytes = this.#random.pick([80, 900, 4000, 9000, 70_000]);
      return rowOf({ log, base, bytes, fill: this.#random.integer(256) });
    });
    const changes = this.written.changes({ cuts, rows, log });
    await this.store.write(changes);
    this.written.apply(changes);
  }
}

test('a power failure takes what was not synced, and nothing else', async () => {
  const seed = seedOfRun();
  const random = new SeededRandom(seed);
  const run = await PowerLossRun.begin(random);
  for (let round = 0; round < 12; round++) {
    for (let step = 0; step < 40; step++) await run.step();
    // In every other round while a sync is under way: the writes leave it no time to come back.
    const syncing = round % 2 === 0 ? null : run.store.sync();
    for (let count = 0; count < 30; count++) await run.write();
    const directory = run.lost(`lost-${round}`);
    await syncing;
    const found = await LmdbRowStore.open({ directory, boot: 'second' });
    const differences = await Promise.all(run.durable.map(model => model.differences(found)));
    expect(differences, `seed ${seed}, round ${round}`).toContainEqual([]);
    await found.close();
    await run.sync();
  }
  await run.store.close();
  expect(run.reusedPages, 'a run in which no page was used again proves little').toBeGreaterThan(
    50,
  );
});

test('a record of a sync that was cut short leaves the one before it', async () => {
  const run = await PowerLossRun.begin(new SeededRandom(1));
  for (let step = 0; step < 30; step++) await run.step();
  await run.store.sync();
  const before = run.written.copy();
  const image = run.image;
  for (let count = 0; count < 5; count++) await run.write();
  await run.store.sync();
  const directory = join(root, 'torn');
  cpSync(run.directory, directory, { recursive: true });
  writeFileSync(join(directory, 'data.mdb'), image);
  const file = join(directory, 'synced-meta');
  const slots = readFileSync(file);
  const isFirstNewer = slots.readDoubleBE(4) > slots.readDoubleBE(SLOT_STRIDE + 4);
  const newest = isFirstNewer ? 0 : SLOT_STRIDE;
  slots.fill(0, newest + 3000, newest + 5000);
  writeFileSync(file, slots);
  const found = await LmdbRowStore.open({ directory, boot: 'second' });
  expect(await before.differences(found)).toEqual([]);
  await found.close();
  await run.store.close();
});

test('without a new start of the machine, all that was written is there', async () => {
  const run = await PowerLossRun.begin(new SeededRandom(2));
  for (let step = 0; step < 100; step++) await run.step();
  const directory = join(root, 'killed');
  cpSync(run.directory, directory, { recursive: true });
  const found = await LmdbRowStore.open({ directory, boot: 'first' });
  expect(await run.written.differences(found)).toEqual([]);
  await found.close();
  await run.store.close();
});

test('where nobody knows the start of the machine, each write is synced', async () => {
  const directory = join(root, 'unknown');
  mkdirSync(directory);
  const store = await LmdbRowStore.open({ directory, boot: null });
  const model = new RowModel();
  for (let base = 0; base < 20; base++) {
    const changes = model.changes({
      cuts: [],
      rows: [rowOf({ log: 1, base, bytes: 100 })],
      log: 1,
    });
    await store.write(changes);
    model.apply(changes);
  }
  const copy = join(root, 'copy');
  cpSync(directory, copy, { recursive: true });
  const found = await LmdbRowStore.open({ directory: copy, boot: null });
  expect(await model.differences(found)).toEqual([]);
  await found.close();
  await store.close();
});
