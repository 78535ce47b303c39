import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RowRange, RowStore } from '../../src/adapters/storage/embedded/row-store.ts';
import { RowModel, rowOf } from '../support/row-model.ts';
import { SeededRandom, seedOfRun } from '../support/seeded-random.ts';

export interface RowStoreUnderTest {
  readonly store: RowStore;
  readonly reopen: () => Promise<RowStore>;
  readonly dispose: () => Promise<void>;
}

const FAR = 2 ** 53 - 1;
const LOGS = [1, 2, 7, 70_000];

/** What the core of the embedded stores asks of a database. */
export function rowStoreContract(name: string, make: () => Promise<RowStoreUnderTest>): void {
  describe(`${name}: the contract of RowStore`, () => {
    let under: RowStoreUnderTest;
    let store: RowStore;
    let model: RowModel;

    beforeEach(async () => {
      under = await make();
      store = under.store;
      model = new RowModel();
    });
    afterEach(() => under.dispose());

    async function write(log: number, bases: readonly number[], cuts: readonly RowRange[] = []) {
      const rows = bases.map(base => rowOf({ log, base, bytes: 100 + (base % 50) }));
      const changes = model.changes({ cuts, rows, log });
      await store.write(changes, false);
      model.apply(changes);
    }

    const headsFrom = async (log: number, offset: number, limit = 100): Promise<number[]> =>
      (await store.heads(log, offset, limit)).map(({ base }) => base);

    test('a new store is empty', async () => {
      expect(await store.facts()).toEqual([]);
      expect(await store.floor(1, FAR)).toBeNull();
      expect(await store.checkpointOf(1)).toBeNull();
      expect(await model.differences(store)).toEqual([]);
    });

    test('rows are found by what lies at or below an offset, and from one on', async () => {
      await write(2, [0, 10, 300, 2 ** 32, 2 ** 48 + 5, FAR]);
      await write(1, [5]);
      await write(7, [3]);
      const bases = [0, 10, 300, 2 ** 32, 2 ** 48 + 5, FAR];
      for (const [at, base] of bases.entries()) {
        expect((await store.floor(2, base))?.base).toBe(base);
        if (at > 0) expect((await store.floor(2, base - 1))?.base).toBe(bases[at - 1]);
        expect(await headsFrom(2, base)).toEqual(bases.slice(at));
        expect(await headsFrom(2, base, 2)).toEqual(bases.slice(at, at + 2));
        if (base < FAR) expect(await headsFrom(2, base + 1)).toEqual(bases.slice(at + 1));
      }
      expect(await store.floor(7, 2)).toBeNull();
      expect(await store.floor(3, FAR)).toBeNull();
      const head = { base: 300, maxTimestamp: 1300, peak: 1307, sizeInBytes: 100 };
      expect(await store.floor(2, 301)).toEqual(head);
    });

    test('a read begins below the offset, or above it where nothing is below', async () => {
      await write(
        1,
        Array.from({ length: 100 }, (_, at) => 10 + at * 10),
      );
      for (const [offset, first] of [
        [0, 10],
        [10, 10],
        [509, 500],
        [510, 510],
        [FAR, 1000],
      ] as const) {
        const seen: number[] = [];
        await store.read(1, offset, ({ base }, bytes) => {
          seen.push(base);
          expect(bytes).toEqual(rowOf({ log: 1, base, bytes: 100 + (base % 50) }).bytes);
          return seen.length < 40;
        });
        const expected = Array.from({ length: 100 }, (_, at) => 10 + at * 10);
        expect(seen).toEqual(expected.filter(base => base >= first).slice(0, 40));
      }
    });

    test('a read gives the rows of one moment, whatever is written meanwhile', async () => {
      const bases = Array.from({ length: 200 }, (_, at) => at * 10);
      const rowsOf = (fill: number) => bases.map(base => rowOf({ log: 1, base, bytes: 900, fill }));
      const cuts = [{ log: 1, from: 0, to: Infinity }];
      let fill = 0;
      const rewrite = async (): Promise<void> => {
        fill = (fill + 1) % 256;
        await store.write(model.changes({ cuts, rows: rowsOf(fill), log: 1 }), false);
      };
      for (let round = 0; round < 5; round++) {
        await rewrite();
        store = await under.reopen();
        const seen: number[] = [];
        let isOver = false;
        const reading = (async () => {
          await store.read(1, 0, (_, bytes) => seen.push(bytes[0]!) > 0);
          isOver = true;
        })();
        for (; !isOver; await nextTurn()) await rewrite();
        await reading;
        expect(seen).toEqual(bases.map(() => seen[0]));
      }
    });

    test('checkpoints and facts are put in place of older ones, and forgotten', async () => {
      await write(1, [1]);
      await write(2, [1]);
      const put = { cuts: [], rows: [], facts: [], forgotten: [] };
      for (const text of ['one', 'a longer one']) {
        const checkpoints = [{ log: 1, bytes: Buffer.from(text) }];
        await store.write({ ...put, checkpoints }, true);
        expect((await store.checkpointOf(1))?.toString()).toBe(text);
      }
      await store.write({ ...put, checkpoints: [{ log: 1, bytes: null }] }, true);
      expect(await store.checkpointOf(1)).toBeNull();
      await store.write({ ...put, checkpoints: [{ log: 1, bytes: Buffer.from('x') }] }, true);
      await store.write({ ...put, checkpoints: [], forgotten: [1] }, true);
      expect((await store.facts()).map(({ log }) => log)).toEqual([2]);
      expect(await store.checkpointOf(1)).toBeNull();
    });

    test('a cut drops the rows between two bases, before rows are put', async () => {
      await write(1, [0, 10, 20, 30, 40, 50]);
      await write(2, [0, 10, 20]);
      await write(1, [25, 30], [{ log: 1, from: 10, to: 40 }]);
      expect(await headsFrom(1, 0)).toEqual([0, 25, 30, 40, 50]);
      await write(1, [], [{ log: 1, from: 30, to: Infinity }]);
      expect(await headsFrom(1, 0)).toEqual([0, 25]);
      expect(await headsFrom(2, 0)).toEqual([0, 10, 20]);
      expect(await model.differences(store)).toEqual([]);
    });

    test('bytes that were written are the caller’s again', async () => {
      const row = rowOf({ log: 1, base: 1, bytes: 70_000, fill: 1 });
      const changes = model.changes({ cuts: [], rows: [row], log: 1 });
      await store.write(changes, false);
      row.bytes.fill(9);
      await store.read(1, 1, (_, bytes) => {
        expect(bytes.equals(Buffer.alloc(70_000, 1))).toBe(true);
        return false;
      });
    });

    test('a value of many megabytes', async () => {
      const row = rowOf({ log: 1, base: 1, bytes: 20_000_001, fill: 3 });
      const changes = model.changes({ cuts: [], rows: [row], log: 1 });
      await store.write(changes, true);
      await store.sync();
      model.apply(changes);
      expect(await model.differences(store)).toEqual([]);
    });

    test('random changes do what a map would, also after it was opened again', async () => {
      const seed = seedOfRun();
      const random = new SeededRandom(seed);
      for (let step = 0; step < 300; step++) {
        const log = random.pick(LOGS);
        const bases = model.basesOf(log);
        const cuts: RowRange[] = [];
        if (random.integer(3) === 0) {
          const from = random.pick([0, ...bases]);
          cuts.push({ log, from, to: random.pick([Infinity, from + random.integer(100)]) });
        }
        const end = (bases.at(-1) ?? 0) + 1;
        const rows = Array.from({ length: random.integer(5) }, (_, at) =>
          rowOf({ log, base: end + at * 9, bytes: random.pick([61, 2000, 5000, 66_000]) }),
        );
        const changes = model.changes({ cuts, rows, log });
        await store.write(changes, random.integer(2) === 0);
        model.apply(changes);
        if (random.integer(10) === 0) await store.sync();
        if (random.integer(60) === 0) store = await under.reopen();
        if (random.integer(20) > 0) continue;
        expect(await model.differences(store), `seed ${seed}, step ${step}`).toEqual([]);
      }
      store = await under.reopen();
      expect(await model.differences(store), `seed ${seed}`).toEqual([]);
    });

    test('the room on the disk', async () => {
      const { totalBytes, usableBytes } = await store.volume();
      expect(totalBytes).toBeGreaterThan(usableBytes);
      expect(usableBytes).toBeGreaterThan(0);
    });
  });
}
