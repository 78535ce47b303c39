import { appendAndRead } from './append-and-read.ts';
import { changing } from './changing.ts';
import { epochs } from './epochs.ts';
import { gaps } from './gaps.ts';
import { randomOperations } from './random-operations.ts';
import { rewriting } from './rewriting.ts';
import { Rig, type StorageUnderTest, type TestRunner } from './runner.ts';
import { searching } from './searching.ts';
import { store } from './store.ts';
import { truncateAndTrim } from './truncate-and-trim.ts';

export type { StorageUnderTest, TestRunner } from './runner.ts';

/** What every log storage promises, as tests of the framework whose functions are given. */
export function defineLogStorageContract(
  runner: TestRunner,
  name: string,
  make: () => Promise<StorageUnderTest>,
): void {
  runner.describe(`${name}: the contract of LogStorage`, () => {
    const rig = new Rig(runner, make);
    runner.describe('append and read', () => appendAndRead(runner, rig));
    runner.describe('truncate and trim', () => truncateAndTrim(runner, rig));
    runner.describe('gaps and restarts', () => gaps(runner, rig));
    runner.describe('rewriting', () => rewriting(runner, rig));
    runner.describe('changes beside commits', () => changing(runner, rig));
    runner.describe('epochs', () => epochs(runner, rig));
    runner.describe('searching', () => searching(runner, rig));
    runner.describe('the store', () => store(runner, rig));
    randomOperations(runner, rig);
  });
}
