import { describe, expect, test } from 'vitest';
import { batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import type { CrashMode } from '../../support/faulty-file-system.ts';
import { SETTINGS, appended, codeOf, keyOf, readAll } from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const LOGS = 3;
const STEPS = 60;

/** What was asked of one log, and what of it was promised to be on disk. */
class Promised {
  batches: { base: number; next: number; bytes: Buffer }[] = [];
  durableEnd = 0;
  epoch = 0;
  askedStart = 0;
  durableStart = 0;
}

/** A workload of appends, commits, trims, truncations and new writers on some logs, until its end or until power goes. */
class Workload {
  readonly promised = Array.from({ length: LOGS }, () => new Promised());
  readonly #random: SeededRandom;
  readonly #storage: LogStorage;
  readonly #logs: PartitionLog[] = [];
  readonly #waiting: Promise<unknown>[] = [];

  constructor(storage: LogStorage, random: SeededRandom) {
    this.#storage = storage;
    this.#random = random;
  }

  async run(): Promise<void> {
    for (let at = 0; at < LOGS; at++) await this.#open(at);
    for (let step = 0; step < STEPS; step++) await this.#step(this.#random.integer(LOGS));
    await Promise.all(this.#waiting);
  }

  async #open(at: number): Promise<void> {
    const promised = this.promised[at]!;
    this.#logs[at] = await this.#storage.open(keyOf(at), promised.epoch + 1, SETTINGS);
    promised.epoch += 1;
    promised.batches = promised.batches.filter(b => b.next <= this.#logs[at]!.endOffset);
  }

  async #step(at: number): Promise<void> {
    const roll = this.#random.integer(20);
    if (roll < 9) this.#append(at);
    else if (roll < 15) this.#commit(at);
    else if (roll < 17) await Promise.all(this.#waiting.splice(0));
    else if (roll === 17) await this.#truncate(at);
    else if (roll === 18) await this.#trim(at);
    else await this.#open(at);
  }

  #append(at: number): void {
    const sizeInBytes = this.#random.pick([61, 100, 400, 900, 17_000]);
    const fill = this.#random.integer(256);
    const batch = appended(this.#logs[at]!, { sizeInBytes, fill, count: 2 });
    const { baseOffset: base, nextOffset: next, bytes } = batch;
    this.promised[at]!.batches.push({ base, next, bytes });
  }

  #commit(at: number): void {
    const log = this.#logs[at]!;
    const promised = this.promised[at]!;
    const durable = this.#random.integer(2) === 0;
    const end = log.endOffset;
    const commit = log.commit(durable).then(() => {
      if (durable) promised.durableEnd = Math.max(promised.durableEnd, end);
    });
    commit.catch(() => undefined);
    this.#waiting.push(commit);
  }

  async #truncate(at: number): Promise<void> {
    await Promise.all(this.#waiting.splice(0));
    const promised = this.promised[at]!;
    const kept = promised.batches.slice(0, -1 - this.#random.integer(3));
    const offset = Math.max(kept.at(-1)?.next ?? 0, promised.askedStart);
    promised.durableEnd = Math.min(promised.durableEnd, offset);
    await this.#logs[at]!.truncateTo(offset);
    promised.batches = promised.batches.filter(b => b.base < offset);
  }

  async #trim(at: number): Promise<void> {
    const promised = this.promised[at]!;
    const { batches } = promised;
    const offset = batches[this.#random.integer(batches.length)]?.base ?? 0;
    promised.askedStart = Math.max(promised.askedStart, offset);
    await this.#logs[at]!.trimBefore(offset);
    promised.durableStart = promised.askedStart;
    promised.durableEnd = Math.max(promised.durableEnd, 0);
  }
}

/** Runs the workload until power goes at a change, and checks what the next process finds. */
async function lostAt(change: number, seed: number, mode: CrashMode): Promise<boolean> {
  const harness = new SegmentFilesHarness();
  const { fileSystem } = harness;
  fileSystem.losePowerAt(change);
  let workload: Workload | null = null;
  try {
    workload = new Workload(await harness.open(), new SeededRandom(seed));
    await workload.run();
  } catch (error) {
    if (fileSystem.hasPower) throw error;
  }
  const isOver = fileSystem.hasPower;
  fileSystem.crash(mode, new SeededRandom(seed + change));
  const storage = await harness.open();
  const promised = workload?.promised ?? [];
  for (const [at, each] of promised.entries()) await checkLog(storage, at, each);
  const ends = await Promise.all(promised.map(async (each, at) => goOn(storage, at, each)));
  fileSystem.crash('lose-all');
  const again = await harness.open();
  for (const [at, end] of ends.entries()) {
    const log = await again.open(keyOf(at), promised[at]!.epoch + 4, SETTINGS);
    expect(log.endOffset).toBe(end);
  }
  return isOver;
}

async function checkLog(storage: LogStorage, at: number, promised: Promised): Promise<void> {
  if (promised.epoch > 1) {
    const older = promised.epoch - 1;
    expect(await codeOf(() => storage.open(keyOf(at), older, SETTINGS))).toBe('fenced');
  }
  const log = await storage.open(keyOf(at), promised.epoch + 2, SETTINGS);
  expect(log.endOffset).toBeGreaterThanOrEqual(promised.durableEnd);
  expect(log.startOffset).toBeGreaterThanOrEqual(promised.durableStart);
  expect(log.startOffset).toBeLessThanOrEqual(Math.max(promised.askedStart, 0));
  const found = [...batchesIn(await readAll(log, log.startOffset, 2000))];
  const expected = promised.batches.filter(
    b => b.next > log.startOffset && b.next <= log.endOffset,
  );
  expect(found.map(b => b.baseOffset)).toEqual(expected.map(b => b.base));
  for (const [index, batch] of found.entries()) {
    expect(batch.bytes.equals(expected[index]!.bytes)).toBe(true);
  }
}

/** A later writer's durable batch must not stand on bytes that only the page cache had. */
async function goOn(storage: LogStorage, at: number, promised: Promised): Promise<number> {
  const log = await storage.open(keyOf(at), promised.epoch + 3, SETTINGS);
  appended(log);
  await log.commit(true);
  return log.endOffset;
}

describe('power loss at every step of a random workload', () => {
  test.each(['lose-all', 'keep-prefix'] as const)(
    '%s: what was promised is there, in order, once',
    async mode => {
      const seed = seedOfRun();
      let change = 0;
      let isOver = false;
      while (!isOver) {
        change += 1;
        isOver = await lostAt(change, seed, mode).catch((cause: unknown) => {
          throw new Error(`seed ${seed}, power lost at change ${change}`, { cause });
        });
      }
      expect(change, 'a workload without changes proves nothing').toBeGreaterThan(100);
    },
  );
});

/** Batches in three segments, all trusted; then one change of the log during which power goes. */
async function cutShort(change: number, seed: number, act: (log: PartitionLog) => Promise<void>) {
  const harness = new SegmentFilesHarness();
  const first = await harness.open();
  const written = await first.open(keyOf(0), 1, SETTINGS);
  for (let at = 0; at < 6; at++) appended(written, { sizeInBytes: 600 });
  await first.close();
  const storage = await harness.open();
  const log = await storage.open(keyOf(0), 2, SETTINGS);
  harness.fileSystem.losePowerAt(change);
  await act(log).catch(() => undefined);
  const isOver = harness.fileSystem.hasPower;
  harness.fileSystem.crash('keep-prefix', new SeededRandom(seed));
  const dense = { ...SETTINGS, indexIntervalBytes: 50 };
  const found = await (await harness.open()).open(keyOf(0), 3, dense);
  const bases = [...batchesIn(await readAll(found, 0, 2000))].map(b => b.baseOffset);
  // What was recovered must also be fit to be written to, index and all.
  for (let at = 0; at < 5; at++) appended(found, { sizeInBytes: 100 });
  await found.commit(true);
  return { isOver, bases, found };
}

describe('power loss in the middle of', () => {
  test.each([1, 2, 3, 4])('truncateTo(%d) leaves no gap', async offset => {
    for (let change = 1, isOver = false; !isOver; change++) {
      for (let seed = 0; seed < 20; seed++) {
        const result = await cutShort(change, seed, log => log.truncateTo(offset));
        isOver = result.isOver;
        const { length } = result.bases;
        expect(result.bases, `change ${change}, seed ${seed}`).toEqual([...Array(length).keys()]);
        expect(length).toBeGreaterThanOrEqual(offset);
        expect(result.found.endOffset).toBe(length + 5);
      }
    }
  });

  test.each([1, 2, 5, 6])('trimBefore(%d) loses nothing that is kept', async offset => {
    for (let change = 1, isOver = false; !isOver; change++) {
      for (let seed = 0; seed < 10; seed++) {
        const result = await cutShort(change, seed, log => log.trimBefore(offset));
        isOver = result.isOver;
        expect([0, offset], `change ${change}, seed ${seed}`).toContain(result.found.startOffset);
        const expected = [0, 1, 2, 3, 4, 5].filter(base => base >= result.found.startOffset);
        expect(result.bases).toEqual(expected);
      }
    }
  });
});
