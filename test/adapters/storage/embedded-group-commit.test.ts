import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeSet } from '../../../src/adapters/storage/embedded/change-set.ts';
import { GroupCommit, type Round } from '../../../src/adapters/storage/embedded/group-commit.ts';
import { CoreRig } from '../../support/core-rig.ts';

let rig: CoreRig;

beforeEach(async () => {
  rig = new CoreRig();
  await rig.open();
});
afterEach(() => rig.dispose());

describe('edits that never end', () => {
  const ROUND: Omit<Round, 'written'> = {
    isDurable: false,
    synced: () => undefined,
    failed: () => undefined,
  };

  /** After how many writes each of some logs was in one, beside edits that cut so many ranges each. */
  async function writesUntil(logs: number, cuts: number): Promise<number[]> {
    const commits = new GroupCommit(rig.rows);
    const before = rig.rows.writes.length;
    const writes = (): number => rig.rows.writes.length - before;
    let isOver = false;
    const edits = Array.from({ length: 40 }, async (_, at) => {
      const ranges = Array.from({ length: cuts }, () => ({ log: 100 + at, from: 0, to: 1 }));
      while (!isOver) await commits.edit({ make: changes => changes.cuts.push(...ranges) });
    });
    const taken = Array.from({ length: logs }, () => {
      return new Promise<number>(resolve => {
        const written = (): void => resolve(writes());
        commits.request({ takeRound: () => ({ ...ROUND, written }) });
      });
    });
    rig.rows.beforeWrite = () => {
      isOver ||= writes() > 30;
    };
    const found = await Promise.all(taken);
    isOver = true;
    await Promise.all(edits);
    return found;
  }

  test('leave room for the commits of logs in each write', async () => {
    for (const count of await writesUntil(10, 1)) expect(count).toBeLessThanOrEqual(2);
  });

  test('leave room for the commit of one log in each write, however much they are', async () => {
    expect(await writesUntil(2, 5)).toEqual([1, 2]);
  });

  test('are all carried out', async () => {
    const commits = new GroupCommit(rig.rows);
    const made: number[] = [];
    const edits = Array.from({ length: 30 }, (_, at) => {
      const make = (changes: ChangeSet): void => {
        made.push(at);
        changes.cuts.push({ log: 100 + at, from: 0, to: 1 });
      };
      return commits.edit({ make });
    });
    await Promise.all(edits);
    expect(made).toEqual(Array.from({ length: 30 }, (_, at) => at));
  });
});
