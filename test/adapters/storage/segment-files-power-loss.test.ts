import { describe, expect, test } from 'vitest';
import { RecordBatch, batchesIn } from '../../../src/domain/model/log/record-batch.ts';
import type { LogStorage, PartitionLog } from '../../../src/ports/log-storage.ts';
import type { CrashMode } from '../../support/faulty-file-system.ts';
import { batchOf } from '../../support/batches.ts';
import {
  SETTINGS,
  appended,
  codeOf,
  keyOf,
  readAll,
  shrunk,
} from '../../support/log-storage-steps.ts';
import { SegmentFilesHarness } from '../../support/segment-files-harness.ts';
import { SeededRandom, seedOfRun } from '../../support/seeded-random.ts';

const LOGS = 3;
const STEPS = 60;

/** A batch, and what may be found of it: null where a rewrite may have dropped it. */
interface PromisedBatch {
  readonly base: number;
  readonly next: number;
  allowed: (Buffer | null)[];
}

/** What was asked of one log, and what of it was promised to be on disk. */
class Promised {
  batches: PromisedBatch[] = [];
  durableEnd = 0;
  epoch = 0;
  askedStart = 0;
  durableStart = 0;
}

/** A workload of appends, commits, trims, truncations, rewrites and new writers on some logs, until its end or until power goes. */
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
    const roll = this.#random.integer(22);
    if (roll < 9) this.#append(at);
    else if (roll < 15) this.#commit(at);
    else if (roll < 17) await Promise.all(this.#waiting.splice(0));
    else if (roll === 17) await this.#truncate(at);
    else if (roll === 18) await this.#trim(at);
    else if (roll < 21) await this.#rewrite(at);
    else await this.#open(at);
  }

  #append(at: number): void {
    const sizeInBytes = this.#random.pick([61, 100, 400, 900, 17_000]);
    const fill = this.#random.integer(256);
    const gap = at > 0 && this.#random.integer(8) === 0 ? 5 : 0;
    const baseOffset = this.#logs[at]!.endOffset + gap;
    const batch = batchOf({ baseOffset, sizeInBytes, fill, count: 2 });
    this.#logs[at]!.append(batch);
    const { baseOffset: base, nextOffset: next, bytes } = batch;
    this.promised[at]!.batches.push({ base, next, allowed: [bytes] });
  }

  /** Keeps some batches and shrinks some; until it is finished each may be what it was or what it is to be. */
  async #rewrite(at: number): Promise<void> {
    const log = this.#logs[at]!;
    await log.commit(true);
    const promised = this.promised[at]!;
    promised.durableEnd = Math.max(promised.durableEnd, log.endOffset);
    const { activeOffset } = log;
    const below = promised.batches.filter(b => b.base < activeOffset && b.next > log.startOffset);
    const survivors = below.map(b => {
      const batch = new RecordBatch(b.allowed[0]!);
      const survivor = this.#random.pick([null, batch, shrunk(batch)]);
      b.allowed.push(survivor?.bytes ?? null);
      return survivor;
    });
    const rewrite = await log.rewrite(activeOffset);
    for (const survivor of survivors) if (survivor !== null) await rewrite.keep(survivor);
    await rewrite.finish();
    for (const b of below) b.allowed = [b.allowed[1]!];
    promised.batches = promised.batches.filter(b => b.allowed[0] !== null);
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
    const places = promised.batches.map(b => b.base).filter(base => base >= promised.askedStart);
    const offset = places.at(-1 - this.#random.integer(3)) ?? this.#logs[at]!.endOffset;
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
  let index = 0;
  for (const { base, allowed } of expected) {
    const here = found[index]?.baseOffset === base ? found[index++]!.bytes : null;
    const isAllowed = allowed.some(each => (here === null ? each === null : each?.equals(here)));
    expect(isAllowed, `log ${at}, offset ${base}: ${here === null ? 'lost' : 'changed'}`).toBe(
      true,
    );
  }
  expect(found.slice(index).map(batch => batch.baseOffset)).toEqual([]);
  expect((await log.audit()).join()).toBe('');
}

/** A later writer's durable batch must not stand on bytes that only the page cache had. */
async function goOn(storage: LogStorage, at: number, promised: Promised): Promise<number> {
  const log = await storage.open(keyOf(at), promised.epoch + 3, SETTINGS);
  appended(log);
  await log.commit(true);
  return log.endOffset;
}

describe('power loss at every step of a random workload', () => {
  test.each(['lose-all', 'keep-prefix', 'kill-process'] as const)(
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

test('a batch that leaves a gap and ends its segment is borne out by the next one, before the gap is saved', async () => {
  await lostAt(136, 1392191701, 'kill-process');
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

  test.each([0, 3, 100])('restartAt(%d) leaves the log as it was, or empty', async offset => {
    const seen = new Set<string>();
    for (let change = 1, isOver = false; !isOver; change++) {
      for (let seed = 0; seed < 10; seed++) {
        const result = await cutShort(change, seed, log => log.restartAt(offset));
        isOver = result.isOver;
        const { startOffset, endOffset } = result.found;
        const what = `${startOffset} to ${endOffset - 5}: ${result.bases.join()}`;
        const expected = ['0 to 6: 0,1,2,3,4,5', '6 to 6: ', `${offset} to ${offset}: `];
        expect(expected, `change ${change}, seed ${seed}`).toContain(what);
        if (isOver) expect(what).toBe(expected[2]);
        seen.add(what);
      }
    }
    expect(seen.size).toBe(3);
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
